"""Forms as the client writes them: paths into the object, and parts that claim to be JSON and are not."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.api.dialects.recognition.flattening import unflattened
from image_tagger.domain.errors import InvalidRequest
from tests.dialects.pictures import jpeg
from tests.dialects.recognition.platform import ALIAS, Door, made

RECORDED = Path(__file__).parent / "recorded_form.txt"
KEYS = st.text("abcdefgh_", min_size=1, max_size=5)
VALUES = st.recursive(
    st.text(max_size=3),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def flattened(prefix: str, value: Any, *, dot: bool = False) -> list[tuple[str, Any]]:
    """The rule of the protocol."""
    if isinstance(value, dict):
        start = f"{prefix}." if dot else prefix
        return [part for key, inner in value.items() for part in flattened(start + key, inner, dot=True)]
    if isinstance(value, list):
        return [part for place, inner in enumerate(value) for part in flattened(f"{prefix}[{place}]", inner)]
    return [(prefix, value)]


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_flattening_is_undone(body: dict[str, Any]) -> None:
    assert unflattened(flattened("", body)) == body


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.b.c", {"a": {"b": {"c": 1}}}),
        ("inputs[0]image.source", {"inputs": [{"image": {"source": 1}}]}),
        ("inputs[0]image.polygon[0]x", {"inputs": [{"image": {"polygon": [{"x": 1}]}}]}),
        ("l[0][0]", {"l": [[1]]}),
        ("l[7]", {"l": [1]}),
    ],
)
def test_documented_names(name: str, value: dict[str, Any]) -> None:
    assert unflattened([(name, 1)]) == value


@pytest.mark.parametrize(
    "names", [["a[", "b"], ["a..b"], ["[0]"], [""], ["a", "a.b"], ["a.b", "a[0]"], ["a", "a"], ["a." * 40 + "a"]]
)
def test_names_that_make_no_sense_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        unflattened([(name, 1) for name in names])


def test_the_recorded_form(door: Door, http: httpx.Client) -> None:
    before, after = RECORDED.read_text("utf-8").replace("\n", "\r\n").split("<picture>")
    content = before.encode() + jpeg(5) + after.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=B", "Accept": "*/*"}
    response = http.post(f"/v0.7/recognition/public/{ALIAS}/inference", content=content, headers=headers)
    labels = door.ended(made(response)["task_id"])["data"]["outputs"][0]["labels"]
    assert len(labels["predicted"]) + len(labels["discarded"]) == 3
