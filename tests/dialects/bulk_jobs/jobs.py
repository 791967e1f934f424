"""A client of `/v1/jobs`, and a place that takes its messages."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

SECONDS = 30.0  # a job of a few pictures that takes longer hangs
TYPES = {400: {"InvalidRequest"}, 403: {"NotAllowed"}, 404: {"UnknownJob", "UnknownModel"}}
ENDED = {"done", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Jobs:
    """The dialect, asked as programs ask it."""

    http: httpx.Client

    def begin(self, **body: Any) -> dict[str, Any]:
        """A new job."""
        answer = self.http.post("/v1/jobs", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
        return dict(answer.json())

    def look(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job as it is now."""
        return dict(self.http.get(f"/v1/jobs/{job['id']}").raise_for_status().json())

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job when it has ended."""
        until = time.monotonic() + SECONDS
        while (now := self.look(job))["state"] not in ENDED:
            assert time.monotonic() < until, now
            time.sleep(0.05)
        return now

    def items(self, job: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """All pictures of a job, page by page."""
        found: list[dict[str, Any]] = []
        after: int | None = -1
        while after is not None:
            page = {"after": after} if after >= 0 else {}
            answer = self.http.get(f"/v1/jobs/{job['id']}/items", params={**query, **page}).raise_for_status().json()
            found += answer["items"]
            after = answer["next"]
        return found

    def refused(self, **body: Any) -> tuple[int, str]:
        """Status and detail of a job that is not begun."""
        answer = self.http.post("/v1/jobs", json=body)
        error = answer.json()["error"]
        assert error["type"] in TYPES[answer.status_code]
        return answer.status_code, error["detail"]


@dataclass(slots=True)
class Inbox:
    """Takes messages; refuses the first `refusals` of them."""

    url: str = ""
    refusals: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    come: threading.Event = field(default_factory=threading.Event)


@contextmanager
def inbox(refusals: int = 0, redirect: str = "") -> Iterator[Inbox]:
    """A server that takes messages, or sends who comes elsewhere."""
    box = Inbox(refusals=refusals)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.bodies.append(body)
            box.headers.append({name.lower(): value for name, value in self.headers.items()})
            refused = len(box.bodies) <= box.refusals
            self.send_response(307 if redirect else 503 if refused else 204)
            if redirect:
                self.send_header("Location", redirect)
            self.end_headers()
            if redirect or not refused:
                box.come.set()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        box.url = f"http://127.0.0.1:{server.server_port}/done"
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
