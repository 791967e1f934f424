"""A small hub on this machine: real HTTP, as much of the Hugging Face hub's protocol as its library needs."""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

API = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)(?:/revision/(?P<revision>.+))?")
FILE = re.compile(r"/(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
RANGE = re.compile(r"bytes=(\d+)-")
PIECE = 16 * 1024


def commit_of(folder: Path) -> str:
    """A commit that changes with the content."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha1(b"".join(path.read_bytes() for path in files), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Hub:
    """What the hub has and what it was asked. Everything may be changed while it runs."""

    url: str
    repositories: dict[str, Path] = field(default_factory=dict)
    revisions: dict[tuple[str, str], Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    private: dict[str, str] = field(default_factory=dict)  # name -> token
    status: int | None = None  # of every answer
    cut_after: int | None = None  # bytes of one file; then the connection ends, once
    stop: threading.Event = field(default_factory=threading.Event)  # while clear, files wait
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    def asked_for(self, name: str) -> list[str]:
        """Requests that are about a model."""
        return [line for line in self.asked if f"/{name}" in line]

    def downloads(self, name: str) -> list[str]:
        """Files of a model that were sent, whole or from somewhere on."""
        return [line.partition("/resolve/")[2] for line in self.asked if line.startswith(f"GET /{name}/resolve/")]

    def found(self, name: str, revision: str) -> Path | None:
        """The folder of a revision: a name that was given, `main`, or the commit of either."""
        named = {"main": self.repositories.get(name)}
        named |= {other: folder for (owner, other), folder in self.revisions.items() if owner == name}
        every = named | {commit_of(folder): folder for folder in named.values() if folder}
        return every.get(revision)


@contextmanager
def hub_running() -> Iterator[Hub]:
    """A hub that listens on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    hub = Hub(f"http://127.0.0.1:{server.server_address[1]}")
    hub.stop.set()
    Answers.hubs[server.server_address[1]] = hub
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hub_asked(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Hub]:
    """A hub which its library asks, and no other; the library's cache and home are empty folders."""
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    with hub_running() as hub:
        settings = {"ENDPOINT": hub.url, "HOME": str(folder / "hub-home"), "HUB_CACHE": str(folder / "hub-cache")}
        for name, value in {**settings, "HUB_DISABLE_XET": "1"}.items():
            monkeypatch.setenv(f"HF_{name}", value)
        yield hub


class Answers(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hubs: dict[int, Hub] = {}  # noqa: RUF012 - by port, since the server makes the handlers

    @property
    def hub(self) -> Hub:
        return self.hubs[self.server.server_address[1]]  # type: ignore[index]  # typeshed allows addresses of all kinds

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Tests stay silent."""

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        self.hub.tokens.add(token)
        asked = API.fullmatch(path) or FILE.fullmatch(path)
        name, revision = (asked["name"], asked["revision"] or "main") if asked else ("", "")
        if self.hub.status:
            self._refuse(self.hub.status, "")
        elif name not in self.hub.repositories or self.hub.private.get(name, token) != token:
            self._refuse(401, "RepoNotFound")  # the hub does not tell strangers what there is
        elif (folder := self.hub.found(name, revision)) is None:
            self._refuse(404, "RevisionNotFound")
        elif asked and "file" in asked.groupdict():
            self._send_file(folder, asked["file"], name, body=body)
        else:
            self._send_listing(folder, name)

    def _refuse(self, status: int, code: str) -> None:
        self._begin(status, 0, {"X-Error-Code": code, "X-Error-Message": "refused"})

    def _send_listing(self, folder: Path, name: str) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        siblings = [{"rfilename": f.relative_to(folder).as_posix(), "size": f.stat().st_size} for f in files]
        listing = {"_id": "1", "id": name, "sha": commit_of(folder), "siblings": siblings, "tags": []}
        content = json.dumps(listing).encode()
        self._begin(200, len(content), {"Content-Type": "application/json"})
        self.wfile.write(content)

    def _send_file(self, folder: Path, file: str, name: str, *, body: bool) -> None:
        if name in self.hub.gated:
            self._refuse(403, "GatedRepo")
            return
        if not (folder / file).is_file():
            self._refuse(404, "EntryNotFound")
            return
        content = (folder / file).read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        wanted = RANGE.fullmatch(self.headers.get("Range") or "")
        start = int(wanted[1]) if wanted else 0
        more = {"ETag": f'"{etag}"', "X-Repo-Commit": commit_of(folder), "Accept-Ranges": "bytes"}
        if wanted:
            more["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._begin(206 if wanted else 200, len(content) - start, more)
        if body:
            self._send(content[start:])

    def _send(self, content: bytes) -> None:
        self.hub.stop.wait(30)
        most = self.hub.cut_after
        if most is not None and len(content) > most:
            self.hub.cut_after = None
            content = content[:most]
            self.close_connection = True
        for begin in range(0, len(content), PIECE):
            self.wfile.write(content[begin : begin + PIECE])

    def _begin(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
