"""Requests and answers of the sheet, compared in full: each status, key, order of keys and text."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.cases import Case, as_sent, cases_of
from tests.dialects.pictures import jpeg
from tests.dialects.process.documents import assert_content, base64_of


@pytest.mark.parametrize("case", cases_of(Path(__file__).parent), ids=lambda case: case.name)
def test_the_answer_is_the_documented_one(case: Case, client: httpx.Client) -> None:
    answer = case.send(client, image=base64_of(jpeg(1)))

    assert answer.status_code == case.status
    assert answer.headers["content-type"] == "application/json"
    assert as_sent(settled(answer.json())) == case.expected()


def settled(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with what no file can foretell replaced: numbers of the machine, predictions of the model."""
    for found in answer.get("data") or []:
        content = found["source"]["content"]
        assert_content(content)
        found["source"]["content"] = f"<{len(content)} predictions>"
    for key in {"memory_used", "ram_used"} & set(answer):
        assert isinstance(answer[key], str)
        answer[key] = "<text>"
    return json.loads(json.dumps(answer))  # type: ignore[no-any-return]  # JSON in, JSON out
