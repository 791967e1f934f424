"""Documented requests and their answers as JSON files: found, sent, and compared in full."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange. `{name}` in the request stands for a value that only the test knows."""

    name: str
    method: str
    target: str
    body: str
    status: int
    answer: Any

    def send(self, client: httpx.Client, **values: str) -> httpx.Response:
        """The answer of a server to this request."""
        target, body = (_filled(text, values) for text in (self.target, self.body))
        return client.request(self.method, target, content=body.encode())

    def expected(self, **values: str) -> str:
        """The whole answer as text, the way `as_sent` writes it."""
        return _filled(as_sent(self.answer), values)


def cases_of(folder: Path) -> list[Case]:
    """Every exchange that stands in a folder."""
    return [_read(file) for file in sorted(folder.glob("*.json"))]


def as_sent(value: Any) -> str:
    """A JSON value as text: comparing it compares the order of keys, and 1 with 1.0, too."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _read(file: Path) -> Case:
    case = json.loads(file.read_text("utf-8"))
    request = case["request"]
    body = request.get("text", json.dumps(request["json"]) if "json" in request else "")
    return Case(file.stem, request["method"], request["target"], body, case["status"], case["answer"])


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
