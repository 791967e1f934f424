"""J02, J03, J04, J15: what is asked for, and what is refused."""

import pytest

from tests.dialects.folder_jobs.sorting import KEY, PATH, Service

HEADERS = {"Authorization": KEY}


def of_type(kind: str) -> dict[str, str]:
    """The headers of a body of this type."""
    return {**HEADERS, "Content-Type": kind}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": {"classes": "cat"}},
        {"content": b'{"classes": ["cat"]}', "headers": of_type("text/plain")},
        {"content": b'{"classes": ["cat"]}'},
        {"content": b"", "headers": of_type("application/jsonlines")},
    ],
)
def test_j02_what_is_not_json_by_its_type_has_no_categories(service: Service, sent: dict[str, object]) -> None:
    answer = service.post(**sent)
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": "No categories defined"})


@pytest.mark.parametrize(
    "body",
    [
        *("{", "", "{}", "[]", '["cat"]', '"cat"', "null", "7", "\xff", "[" * 100_000, '{"classes": '),
        *(f'{{"classes": {value}}}' for value in ("null", '"cat"', "{}", "[1]", '["cat", null]', '[["cat"]]', "true")),
        '{"classes": ["\\ud800"]}',
        '{"classes": ["cat"], "match": "nearly"}',
        '{"classes": ["cat"], "match": null}',
        '{"classes": ["cat"], "match": ["hierarchy"]}',
        f'{{"classes": {["cat"] * 1001}}}'.replace("'", '"'),
    ],
    ids=lambda body: body[:40],
)
def test_j03_broken_requests_are_refused(service: Service, body: str) -> None:
    answer = service.post(content=body.encode("latin-1"), headers=of_type("application/json"))
    assert (answer.status_code, answer.json().keys()) == (400, {"code", "message"})
    assert answer.json()["code"] == 400
    assert answer.json()["message"]


def test_a_body_without_end_is_refused(service: Service) -> None:
    answer = service.post({"classes": ["x" * 2_000_000]})
    assert (answer.status_code, answer.json()["code"]) == (413, 413)


@pytest.mark.parametrize("job", ["256", "999999999", "abc", "-1", "1.5", "0x10", "9" * 40, "٣", "%20", "é"])
def test_j04_unknown_jobs_are_not_found(service: Service, job: str) -> None:
    answer = service.get(job)
    told = " " if job == "%20" else job
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": f"Job {told} not found"})


def test_j15_other_verbs_are_refused(service: Service) -> None:
    job = service.begin()
    assert service.client.get(PATH, headers=HEADERS).status_code == 405
    assert service.client.delete(f"{PATH}/{job}", headers=HEADERS).status_code == 405
    assert service.client.put(PATH, headers=HEADERS).status_code == 405


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])
def test_j15_a_charset_and_other_keys_do_not_matter(service: Service, kind: str) -> None:
    body = b'{"classes": ["cat"], "priority": 7, "nothing": NaN}'
    answer = service.post(content=body, headers={**of_type(kind), "Token": "for the companion"})
    assert (answer.status_code, answer.json()["classes"]) == (201, ["cat"])
