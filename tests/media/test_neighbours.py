"""Near fingerprints: the same as if all had been compared with all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.media.neighbours import MOST_DISTANCE, groups, near_pairs


@st.composite
def crowded(draw: st.DrawFn) -> list[int]:
    """Fingerprints, many of them near to a few ones."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    changes = st.lists(st.integers(0, 63), max_size=14).map(lambda bits: sum(1 << bit for bit in set(bits)))
    return [centre ^ change for centre, change in draw(st.lists(st.tuples(st.sampled_from(centres), changes)))]


def compared_all(fingerprints: list[int], distance: int) -> list[list[int]]:
    group_of = list(range(len(fingerprints)))
    for i, one in enumerate(fingerprints):
        for j, other in enumerate(fingerprints[:i]):
            if (one ^ other).bit_count() <= distance:
                group_of = [group_of[j] if group == group_of[i] else group for group in group_of]
    found = [[i for i, group in enumerate(group_of) if group == wanted] for wanted in set(group_of)]
    return sorted(group for group in found if len(group) > 1)


@given(crowded(), st.integers(0, MOST_DISTANCE))
def test_groups_are_those_of_comparing_all_with_all(fingerprints: list[int], distance: int) -> None:
    assert groups(fingerprints, distance) == compared_all(fingerprints, distance)


def test_of_many_fingerprints_few_are_compared() -> None:
    fingerprints = np.unique(np.random.default_rng(1).integers(0, 2**64, 20_000, np.uint64))
    twin = fingerprints[777] ^ np.uint64(0b1001)
    found = {
        (int(one), int(other))
        for left, right in near_pairs(np.append(fingerprints, twin), 6)
        for one, other in zip(left, right, strict=True)
    }
    assert found == {(777, len(fingerprints))}


def test_a_crowd_with_one_equal_part_is_compared_in_pieces() -> None:
    crowd = [number << 16 for number in range(3000)]  # nine million pairs at once would be too many
    assert groups(crowd, 0) == []
    assert groups(crowd, 1) == [list(range(3000))]


@pytest.mark.parametrize("distance", [-1, MOST_DISTANCE + 1])
def test_a_distance_has_bounds(distance: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.11"):
        groups([1, 2], distance)
