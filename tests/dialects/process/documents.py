"""The words of `POST /process`: documents, batches, and the envelope of every answer."""

import base64
import json
from typing import Any

import httpx
import pytest

WRONG_TYPE = "File type not valid"
NOT_SUITABLE = "No Image/Video suitable for tagging analysis "
KEYS = (
    "status",
    "data",
    "error",
    "number_documents_treated",
    "number_documents_non_treated",
    "list_id_not_treated",
    "memory_used",
    "ram_used",
)

Json = dict[str, Any]


def base64_of(content: bytes) -> str:
    """Plain base64."""
    return base64.b64encode(content).decode()


def document(name: Any, content: Any, file_type: Any = "jpg") -> Json:
    """A document as clients send it; bytes become base64, anything else is sent as it is."""
    sent = base64_of(content) if isinstance(content, bytes) else content
    return {"id": name, "source": {"content": sent, "file_name": f"{name}.{file_type}", "file_type": file_type}}


def post(client: httpx.Client, *documents: Any, **fields: Any) -> httpx.Response:
    """A batch, sent the way of the known client: bytes without a Content-Type."""
    return client.post("/process", content=json.dumps({"documents": list(documents), **fields}).encode())


def treated(client: httpx.Client, *documents: Any, **fields: Any) -> list[list[Json]]:
    """The contents of a batch whose documents must all be treated."""
    envelope = success(post(client, *documents, **fields))
    assert envelope["list_id_not_treated"] == []
    return [found["source"]["content"] for found in envelope["data"]]


def success(answer: httpx.Response) -> Json:
    """The envelope of a request that succeeded as a whole, its counters and contents checked."""
    envelope = _envelope(answer)
    assert (answer.status_code, envelope["error"]) == (200, "")
    assert envelope["status"] == {"code": 200, "message": "Success"}
    assert envelope["number_documents_treated"] == len(envelope["data"])
    assert envelope["number_documents_non_treated"] == len(envelope["list_id_not_treated"])
    for entry in envelope["list_id_not_treated"]:
        ((name, reason),) = entry.items()
        assert (type(name), reason in {WRONG_TYPE, NOT_SUITABLE}) == (str, True)
    for found in envelope["data"]:
        assert_content(found["source"]["content"])
    return envelope


def failure(answer: httpx.Response, *, status: int = 500) -> tuple[str, str]:
    """The two lines of `error` of a request that failed as a whole, its envelope checked."""
    envelope = _envelope(answer)
    assert answer.status_code == status
    assert envelope["status"] == {"code": status, "message": "Error"}
    assert envelope["data"] is None
    assert (envelope["number_documents_treated"], envelope["number_documents_non_treated"]) == (0, 0)
    assert envelope["list_id_not_treated"] == []
    kind, message = envelope["error"].split("\n")
    assert kind
    assert message
    return kind, message


def success_or_failure(answer: httpx.Response) -> Json:
    """The envelope of a request that may end either way, but in no other."""
    if answer.status_code == 200:
        return success(answer)
    failure(answer)
    return _envelope(answer)


def assert_content(content: list[Json]) -> None:
    """Labels with spaces and full probabilities, the largest first."""
    assert {tuple(item) for item in content} <= {("label", "probability")}
    assert [
        item["label"] for item in content if "_" in item["label"] or "," in item["label"] or not item["label"]
    ] == []
    probabilities = [item["probability"] for item in content]
    assert all(type(probability) is float and 0 <= probability <= 1 for probability in probabilities)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-3


def assert_close(content: list[Json], expected: list[Json]) -> None:
    """Equal but for the rounding that a batch of another size may bring."""
    assert [item["label"] for item in content] == [item["label"] for item in expected]
    assert [i["probability"] for i in content] == pytest.approx([i["probability"] for i in expected], abs=1e-4)


def _envelope(answer: httpx.Response) -> Json:
    assert answer.headers["content-type"] == "application/json"
    envelope: Json = json.loads(answer.content.decode("utf-8"), parse_constant=_refuse)
    assert tuple(envelope) == KEYS
    assert tuple(envelope["status"]) == ("code", "message")
    assert type(envelope["error"]) is str
    assert (type(envelope["memory_used"]), type(envelope["ram_used"])) == (str, str)
    return envelope


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
