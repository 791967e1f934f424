"""Whatever clients send, the parsers of both dialects answer with a value or with their own refusal."""

import json
import math
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.api.dialects.predictions.parameters import ValidationFailed, read_parameters
from image_tagger.api.dialects.predictions.urls import UrlRefused, check_url
from image_tagger.api.dialects.process.documents import UNSUITABLE, WRONG_TYPE, BatchRefused, read_batch

PHOTO = "http://example.org/photo.jpg"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["url", "top", "minconf", "other"]), st.text()))
def test_parameters_are_read_or_refused_in_order(query: dict[str, str]) -> None:
    try:
        wanted = read_parameters(query)
    except ValidationFailed as refused:
        named = [violation.parameter for violation in refused.violations]
        assert named == [name for name in ("url", "top", "minconf") if name in named]
        assert all(entry["msg"] == entry["message"] for entry in (v.wire() for v in refused.violations))
    else:
        assert wanted.url == query["url"]


@given(st.integers(1, 1000), st.floats(0, 1))
def test_numbers_within_the_limits_arrive(top: int, least: float) -> None:
    wanted = read_parameters({"url": PHOTO, "top": str(top), "minconf": str(least)})
    assert (wanted.selection.top, wanted.selection.min_score) == (top, least)


@given(st.integers().filter(lambda top: not 1 <= top <= 1000), st.floats().filter(lambda c: not 0 <= c <= 1))
def test_numbers_beyond_the_limits_are_refused_on_their_side(top: int, least: float) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_parameters({"url": PHOTO, "top": str(top), "minconf": str(least)})
    kinds = [violation.type for violation in refused.value.violations]
    assert kinds == [
        f"value_error.number.not_{'ge' if top < 1 else 'le'}",
        f"value_error.number.not_{'ge' if not math.isnan(least) and least < 0 else 'le'}",
    ]


@given(st.text())
def test_any_text_is_a_url_or_is_refused(text: str) -> None:
    try:
        check_url(text)
    except UrlRefused as refused:
        assert refused.kind.startswith("value_error.url.")
    else:
        assert urlsplit(text.strip()).hostname


@given(json_values)
def test_any_json_is_a_batch_or_is_refused(value: Any) -> None:
    try:
        batch = read_batch(bytearray(json.dumps(value).encode()))
    except BatchRefused as refused:
        assert "\n" not in f"{refused.kind}{refused}"
    else:
        assert isinstance(value["documents"], list)
        assert [document.wire for document in batch.documents] == value["documents"]


@given(st.lists(json_values | st.fixed_dictionaries({"id": json_values, "source": json_values})))
def test_every_document_has_a_picture_or_a_reason(documents: list[Any]) -> None:
    batch = read_batch(bytearray(json.dumps({"documents": documents}).encode()))
    assert len(batch.documents) == len(documents)
    for document in batch.documents:
        assert document.media is not None or document.reason in {WRONG_TYPE, UNSUITABLE}
        assert isinstance(document.id, str)


@given(st.binary())
def test_any_bytes_are_a_batch_or_are_refused(body: bytes) -> None:
    with pytest.raises(BatchRefused):
        read_batch(bytearray(b"\xff" + body))


@pytest.mark.parametrize(
    ("given_fields", "labels"),
    [
        ({}, 5),
        ({"num_labels": 8}, 8),
        ({"num_labels": "3"}, 3),
        ({"num_labels": True}, 1),
        ({"num_labels": 3.0}, 5),
        ({"num_labels": ""}, 5),
        ({"num_labels": []}, 5),
        ({"num_labels": None, "num_classes": 4}, 4),
        ({"num_labels": 2, "num_classes": 4}, 2),
    ],
)
def test_how_many_labels_are_wanted(given_fields: dict[str, Any], labels: int) -> None:
    batch = read_batch(bytearray(json.dumps({"documents": [], **given_fields}).encode()))
    assert batch.labels == labels
