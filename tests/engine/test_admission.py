"""A bound at the door."""

import pytest

from image_tagger.domain.errors import Overloaded
from image_tagger.engine.admission import Admission


def test_one_too_many_is_told_to_come_back() -> None:
    admission = Admission(2)
    with admission.one(), admission.one():
        assert admission.inside == 2
        with pytest.raises(Overloaded) as refused, admission.one():
            pass
        assert refused.value.retry_after >= 1
    assert admission.inside == 0


def test_a_failed_query_gives_its_place_back() -> None:
    admission = Admission(1)
    with pytest.raises(ValueError, match="broken"), admission.one():
        raise ValueError("broken")
    with admission.one():
        assert admission.inside == 1
