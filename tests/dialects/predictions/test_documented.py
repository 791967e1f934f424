"""Requests and answers of the sheet, compared in full: each status, key, order of keys and text."""

from pathlib import Path

import httpx
import pytest

from tests.dialects.cases import Case, as_sent, cases_of
from tests.upstream import ImageHost

CASES = cases_of(Path(__file__).parent)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_is_the_documented_one(case: Case, client: httpx.Client, host: ImageHost, photo: str) -> None:
    assert photo.startswith(host.address)

    answer = case.send(client, host=host.address)

    assert answer.status_code == case.status
    assert answer.headers["content-type"] == "application/json"
    assert as_sent(answer.json()) == case.expected(host=host.address)


def test_every_row_of_the_table_of_violations_has_its_case() -> None:
    types = {entry["type"] for case in CASES if case.status == 422 for entry in case.answer["error"]["detail"]}

    assert types == {
        "value_error.missing",
        "value_error.url.scheme",
        "value_error.number.not_ge",
        "value_error.number.not_le",
        "type_error.integer",
        "type_error.float",
    }
