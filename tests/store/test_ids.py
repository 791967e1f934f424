"""Ids are numbers that grow, that JSON's readers keep exactly, and that tell nothing about each other."""

from image_tagger.store.ids import EPOCH, new_id

YEAR = 365.25 * 24 * 3600


def test_a_later_id_is_larger() -> None:
    assert new_id(EPOCH + 1000) < new_id(EPOCH + 1001)


def test_ids_are_large_and_exact_as_floats_for_decades() -> None:
    for years in (2, 60):
        one = new_id(EPOCH + years * YEAR)
        assert 10**14 < one < 2**53


def test_ids_of_one_second_are_not_in_a_row() -> None:
    ids = {new_id(EPOCH) for _ in range(100)}
    assert len(ids) > 95
    assert max(ids) - min(ids) > 100_000
