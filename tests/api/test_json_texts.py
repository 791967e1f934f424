"""JSON of clients: what is read can be written again, in any way that the product writes JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.api.json_texts import DEEPEST, parsed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_is_read(value: object) -> None:
    assert parsed(json.dumps(value)) == value
    assert parsed(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"[-Infinity]",
        b'{"a": [1e999]}',
        b"9" * 5000,
        b'"\\ud800"',
        b'{"\\udcff": 1}',
        b'["\xed\xa0\x80"]',
        b"[" * 100_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    ],
)
def test_what_could_not_be_written_again_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parsed(text)


def test_what_lies_as_deep_as_may_be_is_read() -> None:
    assert parsed("[" * (DEEPEST - 1) + "]" * (DEEPEST - 1))
