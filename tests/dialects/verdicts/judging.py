"""The words of `POST /api/moderation`: policies on what the model sees, asking, verdicts and refusals."""

from typing import Any

import httpx

from tests.dialects.films import FRUIT, SEA, still
from tests.dialects.process.documents import document, treated

Json = dict[str, Any]

ALLOWED, SUSPECT = SEA, FRUIT


def seen(client: httpx.Client, content: bytes) -> dict[str, float]:
    """What the model sees in a still: label -> probability."""
    (labels,) = treated(client, document("still", content, "gif"), num_labels=1000)
    return {item["label"]: item["probability"] for item in reversed(labels)}


def telling_label(client: httpx.Client) -> tuple[str, float]:
    """The label by which the suspect shot differs most from the other, and a threshold between the two."""
    suspect, allowed = seen(client, still(SUSPECT)), seen(client, still(ALLOWED))
    label = max(suspect, key=lambda name: suspect[name] - allowed.get(name, 0.0))
    assert suspect[label] > 2 * allowed[label], "the shots must differ to be told apart"
    return label, (suspect[label] + allowed[label]) / 2


def policy(label: str, threshold: float, *, rule: str = "", head: str = "") -> str:
    """A policy that blocks one label, for the model that is always here."""
    return (
        f'model = "starter"\n{head}\n'
        f'[labels."{label}"]\naction = "block"\nthreshold = {threshold}\nleave = {threshold}\n{rule}\n'
    )


def judge(client: httpx.Client, content: bytes, text: str | None = None, **query: str) -> httpx.Response:
    """One request."""
    parts: dict[str, Any] = {"file": ("file", content)}
    if text is not None:
        parts["policy"] = (None, text)
    return client.post("/api/moderation", params=query, files=parts)


def verdict(client: httpx.Client, content: bytes, text: str | None = None, **query: str) -> Json:
    """The verdict on a file that must be judged."""
    answer = judge(client, content, text, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def refused(answer: httpx.Response, status: int) -> str:
    """Why a request was refused."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"detail"}
    reason: str = answer.json()["detail"]
    return reason
