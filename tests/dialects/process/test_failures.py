"""D12, D13 and hostile bodies: a request that fails as a whole fails in the envelope, and gives nothing away."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from image_tagger.api.dialects.process.documents import MOST_DOCUMENTS
from tests.dialects.conftest import SMALL_BODY
from tests.dialects.pictures import jpeg
from tests.dialects.process.documents import base64_of, document, failure, success, success_or_failure

GOOD = json.dumps(document("good", jpeg(1)))
DEEP = 100_000


@pytest.mark.parametrize(
    "body", [b"", b" ", b"{", b'{"documents": [}', b"documents=x", b"{'documents': []}", b"\x00", b"[1,]"]
)
def test_d12_a_body_that_is_no_json(client: httpx.Client, body: bytes) -> None:
    kind, _ = failure(client.post("/process", content=body))

    assert kind == "JSONDecodeError"


@pytest.mark.parametrize(
    ("body", "name"),
    [([], "list"), ([{}], "list"), ("x", "str"), (5, "int"), (1.5, "float"), (True, "bool"), (None, "NoneType")],
)
def test_d12_a_body_that_is_no_object(client: httpx.Client, body: Any, name: str) -> None:
    assert failure(client.post("/process", content=json.dumps(body).encode())) == (
        "AttributeError",
        f"'{name}' object has no attribute 'get'",
    )


@pytest.mark.parametrize("body", [{}, {"documents": None}, {"documents": {}}, {"documents": "x"}, {"Documents": []}])
def test_d12_documents_that_are_no_list(client: httpx.Client, body: Any) -> None:
    assert failure(client.post("/process", json=body)) == ("AttributeError", "Expected a list of Documents")


@pytest.mark.parametrize("num_labels", ["x", "3.0", "five", "0x5", "--1"])
def test_d14_num_labels_that_is_no_integer(client: httpx.Client, num_labels: str) -> None:
    kind, message = failure(client.post("/process", json={"documents": [json.loads(GOOD)], "num_labels": num_labels}))

    assert kind == "ValueError"
    assert message.startswith("invalid literal for int()")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"documents": [], "num_labels": "x"}', b"\xff", b'{"documents": 5}']
)
def test_d13_bug06_the_error_text_has_two_lines_and_no_stack(client: httpx.Client, body: bytes) -> None:
    text = "\n".join(failure(client.post("/process", content=body)))

    assert [word for word in ("File :", "Line :", "Func.Name", ".py", "/") if word in text] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * DEEP, id="brackets that never close"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, id="a deep list"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="a deep object"),
        pytest.param(b'{"documents": ' + b"[" * DEEP + b"]" * DEEP + b"}", id="deep documents"),
        pytest.param(b'{"documents": [], "x": ' + b"[" * DEEP + b"]" * DEEP + b"}", id="a deep field"),
        pytest.param(f'{{"documents": [{{"x": {"[" * 5000 + "]" * 5000}, {GOOD[1:]}]}}'.encode(), id="a deep document"),
        pytest.param(
            f'{{"documents": [{{"x": {"[" * 900 + "]" * 900}, {GOOD[1:]}]}}'.encode(), id="a less deep document"
        ),
        pytest.param(b'{"documents": [], "n": ' + b"9" * 5000 + b"}", id="an integer of 5000 digits"),
        pytest.param(
            f'{{"documents": [{{"x": {"9" * 5000}, {GOOD[1:]}]}}'.encode(), id="such an integer in a document"
        ),
        pytest.param(
            f'{{"documents": [{GOOD}], "num_labels": {"9" * 5000}}}'.encode(), id="such an integer as num_labels"
        ),
        pytest.param(f'{{"documents": [{GOOD}], "num_labels": "{"9" * 5000}"}}'.encode(), id="such an integer as text"),
        pytest.param(f'{{"documents": [{GOOD}], "num_labels": NaN}}'.encode(), id="NaN as num_labels"),
        pytest.param(f'{{"documents": [{GOOD}], "num_labels": 1e999}}'.encode(), id="infinity as num_labels"),
        pytest.param(
            f'{{"documents": [{GOOD}], "num_labels": "\\ud800"}}'.encode(), id="a lone surrogate as num_labels"
        ),
        pytest.param(b'{"documents": [{"id": NaN}, {"id": Infinity}, {"id": 1e999}]}', id="ids that are no numbers"),
        pytest.param(b'{"documents": [{"id": "\\ud800"}, {"\\udfff": 1}]}', id="lone surrogates in bad documents"),
        pytest.param(
            f'{{"documents": [{{"x": "\\ud83d", {GOOD[1:]}]}}'.encode(), id="a lone surrogate in a good document"
        ),
        pytest.param(f'{{"documents": [{{"\\ud83d": 1, {GOOD[1:]}]}}'.encode(), id="a lone surrogate as a name"),
        pytest.param(b'{"documents": [], "x": "\xff\xfe"}', id="invalid UTF-8"),
        pytest.param(b"\xff\xfe\x00", id="half a UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + b'{"documents": []}', id="a byte order mark"),
        pytest.param('{"documents": []}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"documents": []}'.encode("utf-32"), id="UTF-32"),
        pytest.param(b'{"documents": [], "documents": [{}]}', id="a name twice"),
        pytest.param(jpeg(1), id="a picture"),
        pytest.param(gzip.compress(b'{"documents": []}'), id="gzip without a header"),
    ],
)
def test_a_hostile_body_ends_in_the_envelope(client: httpx.Client, body: bytes) -> None:
    success_or_failure(client.post("/process", content=body))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_json_cannot_say_stops_a_document_or_the_request(client: httpx.Client, number: str) -> None:
    body = f'{{"documents": [{{"x": {number}, {GOOD[1:]}]}}'

    assert not success_or_failure(client.post("/process", content=body.encode()))["data"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "nonsense", "gzip, gzip"])
@pytest.mark.parametrize("body", [f'{{"documents": [{GOOD}]}}'.encode(), gzip.compress(b'{"documents": []}'), b""])
def test_a_content_encoding_ends_in_the_envelope(client: httpx.Client, encoding: str, body: bytes) -> None:
    success_or_failure(client.post("/process", content=body, headers={"Content-Encoding": encoding}))


def test_the_server_is_well_after_all_this(client: httpx.Client) -> None:
    assert len(success(client.post("/process", json={"documents": [json.loads(GOOD)]}))["data"]) == 1


@pytest.mark.parametrize("path", ["/process", "/image_tagger/process"])
def test_a_body_over_the_limit_is_refused_in_the_envelope(frugal_client: httpx.Client, path: str) -> None:
    failure(frugal_client.post(path, content=b" " * (SMALL_BODY + 1)), status=413)


def test_a_body_over_the_limit_is_refused_when_its_length_is_not_said(frugal_client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"documents": ["'
        for _ in range(SMALL_BODY // 10_000):
            yield b"x" * 10_000
        yield b'"]}'

    failure(frugal_client.post("/process", content=pieces()), status=413)


def test_a_body_at_the_limit_is_taken(frugal_client: httpx.Client) -> None:
    body = f'{{"documents": [{{"id": "1", "source": {{"file_type": "jpg", "content": "{base64_of(jpeg(1))}"}}}}]}}'

    assert len(success(frugal_client.post("/process", content=body.encode().ljust(SMALL_BODY)))["data"]) == 1


def test_a_number_too_large_for_json_is_told(client: httpx.Client) -> None:
    body = f'{{"documents": [{{"x": 1e999, {GOOD[1:]}]}}'

    assert failure(client.post("/process", content=body.encode())) == (
        "JSONDecodeError",
        "a number in the documents is too large",
    )


def test_what_is_read_but_lies_too_deep_to_be_written_is_told(client: httpx.Client) -> None:
    answers = []
    for depth in range(900, 1000, 3):  # somewhere in between, reading still succeeds
        body = f'{{"documents": [{{"x": {"[" * depth + "]" * depth}, {GOOD[1:]}]}}'
        answers.append(client.post("/process", content=body.encode()))

    refused = {failure(answer) for answer in answers if answer.status_code != 200}  # the others lie too deep for a test
    assert refused == {("JSONDecodeError", "the JSON is nested too deeply")}


def test_too_many_documents_are_refused_as_a_whole(client: httpx.Client) -> None:
    many = b'{"documents": [' + b"0," * (MOST_DOCUMENTS - 1) + b"0%s]}"

    assert success(client.post("/process", content=many % b""))["number_documents_non_treated"] == MOST_DOCUMENTS
    assert failure(client.post("/process", content=many % b",0"), status=413) == (
        "RequestTooLarge",
        f"the batch has more than {MOST_DOCUMENTS} documents",
    )
