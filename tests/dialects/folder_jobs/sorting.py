"""The words of `/classification-job`: a service, its folder, and jobs polled to their ends."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.dialects.pictures import jpeg

KEY = "sesame-47"
NO_MATCH = "zz0"
PATH = "/classification-job"
SECONDS = 60.0  # that a small job may take on a busy machine

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and the folder that it works in."""

    client: httpx.Client
    files: Path

    @property
    def all(self) -> Path:
        """Where pictures wait to be sorted."""
        return self.files / "all"

    def put(self, *names: str, seed: int = 1) -> dict[str, bytes]:
        """Pictures into `all`, all of one scene; their names and bytes."""
        content = {name: jpeg(seed) for name in names}
        for name, picture in content.items():
            (self.all / name).write_bytes(picture)
        return content

    def post(self, body: Any = None, **given: Any) -> httpx.Response:
        """A request for a job, with the key unless other headers are given."""
        given.setdefault("headers", {"Authorization": KEY})
        return self.client.post(PATH, **({} if body is None else {"json": body}), **given)

    def get(self, job: object, key: str = KEY) -> httpx.Response:
        """A look at a job."""
        return self.client.get(f"{PATH}/{job}", headers={"Authorization": key})

    def begin(self, *classes: str, **fields: Any) -> int:
        """A job that must be accepted; its id."""
        answer = self.post({"classes": list(classes), **fields})
        assert answer.status_code == 201, answer.text
        job: Json = answer.json()
        assert {key: job[key] for key in ("classes", "complete", "percentage")} == {
            "classes": list(classes),
            "complete": False,
            "percentage": 0,
        }
        assert type(job["id"]) is int
        return int(job["id"])

    def polled(self, job: int) -> list[Json]:
        """Every answer until the job is complete."""
        answers: list[Json] = []
        over = time.monotonic() + SECONDS
        while not answers or not answers[-1]["complete"]:
            assert time.monotonic() < over, answers[-1]
            answer = self.get(job)
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
            time.sleep(0.02)
        return answers

    def end(self, job: int) -> Json:
        """The last answer about a job."""
        return self.polled(job)[-1]

    def sorted_by(self, *classes: str, **fields: Any) -> Json:
        """The end of a job with these classes."""
        return self.end(self.begin(*classes, **fields))

    def content(self) -> dict[str, bytes]:
        """Every file of the folder, by its path in it."""
        return {
            path.relative_to(self.files).as_posix(): path.read_bytes()
            for path in self.files.rglob("*")
            if path.is_file() and not path.is_symlink()
        }


def within(folder: str, content: dict[str, bytes]) -> dict[str, bytes]:
    """The same files in a folder."""
    return {f"{folder}/{name}": picture for name, picture in content.items()}
