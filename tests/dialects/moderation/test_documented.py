"""Requests and answers of the sheet, compared in full: each status, key, order of keys and text; scores nearly."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.cases import as_sent
from tests.dialects.moderation.pictures import film, gif, png

DULL, GREEN, RED = "#102060", "#00a000", "#d03030"
FILES = {
    "photo.png": png(RED),
    "dull.png": png(DULL),
    "three.gif": gif(DULL, GREEN, RED),
    "three.mp4": film(DULL, GREEN, RED),
    "text.txt": b"this is no picture",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what a server answers. `server` names a fixture; parts are names of parts and files."""

    name: str
    server: str
    request: dict[str, Any]
    status: int
    answer: Any

    def send(self, client: httpx.Client) -> httpx.Response:
        """The answer of a server to this request."""
        parts = [(name, (file, FILES[file])) for name, file in self.request.get("parts", [])]
        return client.request(self.request["method"], self.request["target"], files=parts or None)


def exchanges() -> list[Exchange]:
    """Every exchange that stands in the folder of cases."""
    files = sorted((Path(__file__).parent / "cases").glob("*.json"))
    read = ((file.stem, json.loads(file.read_text("utf-8"))) for file in files)
    return [Exchange(n, c.get("server", "moderator"), c["request"], c["status"], c["answer"]) for n, c in read]


def shape(value: Any) -> Any:
    """The value with every score replaced by the same word."""
    if isinstance(value, list):
        return [shape(one) for one in value]
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return "score" if isinstance(value, float) else value


def scores(value: Any) -> list[float]:
    """All scores, in order."""
    if isinstance(value, list | dict):
        return [score for one in (value if isinstance(value, list) else value.values()) for score in scores(one)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("exchange", exchanges(), ids=lambda exchange: exchange.name)
def test_the_answer_is_the_documented_one(exchange: Exchange, request: pytest.FixtureRequest) -> None:
    answer = exchange.send(request.getfixturevalue(exchange.server))

    assert answer.headers["content-type"] == "application/json"
    assert as_sent(shape(answer.json())) == as_sent(shape(exchange.answer))
    assert scores(answer.json()) == pytest.approx(scores(exchange.answer), abs=0.02)
    assert answer.status_code == exchange.status
