"""Near fingerprints among many, without comparing all with all.

Multi-index hashing (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012): of
two fingerprints of four parts that differ in at most d bits, one part differs in at most d / 4. So for each part the
others with such a part are looked up in sorted order, and only they are compared in full.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

PARTS = 4
PART_BITS = 16
MOST_DISTANCE = 11  # two bits of a part; with three there would be five times as many to look up
COMPARED = 1 << 20  # at a time, so that memory stays bounded

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


def groups(fingerprints: Sequence[int], distance: int) -> list[list[int]]:
    """Positions of fingerprints (64 bits) in groups of two and more, each near to another one of its group.

    distance: how many bits two that are near may differ in, 0..11. Groups and positions are in ascending order.
    """
    every = np.array(fingerprints, np.uint64)
    distinct, places = np.unique(every, return_inverse=True)
    roots = np.arange(len(distinct))
    for left, right in near_pairs(distinct, distance):
        _join(roots, left.tolist(), right.tolist())
    grouped: dict[int, list[int]] = {}
    for position, place in enumerate(places.tolist()):
        grouped.setdefault(_root(roots, place), []).append(position)
    return sorted(group for group in grouped.values() if len(group) > 1)


def near_pairs(distinct: NDArray[np.uint64], distance: int) -> Iterator[Pairs]:
    """Positions (n,) and (n,) of the pairs of different fingerprints that are near; a pair may come several times."""
    if not 0 <= distance <= MOST_DISTANCE:
        raise ValueError(f"a distance is in 0..{MOST_DISTANCE}")
    for part in range(PARTS):
        keys = (distinct >> np.uint64(part * PART_BITS)).astype(np.uint16)
        order = np.argsort(keys, kind="stable")
        for left, right in _alike(keys, order, distance // PARTS):
            differ = np.bitwise_count(distinct[left] ^ distinct[right])
            near = (left < right) & (differ <= distance)
            yield left[near], right[near]


def _alike(keys: NDArray[np.uint16], order: NDArray[np.intp], bits: int) -> Iterator[Pairs]:
    """All pairs whose keys differ in at most so many bits."""
    ascending = keys[order]
    for mask in _masks(bits):
        wanted = keys ^ mask
        begin = np.searchsorted(ascending, wanted, "left")
        counts = np.searchsorted(ascending, wanted, "right") - begin
        for left, places in _blocks(begin, counts):
            yield left, order[places]


def _blocks(begin: NDArray[np.intp], counts: NDArray[np.intp]) -> Iterator[Pairs]:
    """From runs of places to pairs of the run's number and each of its places, a bounded number at a time."""
    filled = np.flatnonzero(counts)
    ends = np.cumsum(counts[filled])
    start = 0
    while start < len(filled):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + COMPARED, "right")), start + 1)
        runs, sizes = filled[start:stop], counts[filled[start:stop]]
        first = np.repeat(ends[start:stop] - sizes, sizes)
        within = np.arange(before, ends[stop - 1]) - first
        yield np.repeat(runs, sizes), np.repeat(begin[runs], sizes) + within
        start = stop


def _masks(bits: int) -> list[np.uint16]:
    every = (places for count in range(bits + 1) for places in combinations(range(PART_BITS), count))
    return [np.uint16(sum(1 << place for place in places)) for places in every]


def _join(roots: NDArray[np.intp], left: list[int], right: list[int]) -> None:
    for one, other in zip(left, right, strict=True):
        first, second = sorted((_root(roots, one), _root(roots, other)))
        roots[second] = first


def _root(roots: NDArray[np.intp], place: int) -> int:
    while roots[place] != place:
        roots[place] = roots[roots[place]]
        place = int(roots[place])
    return place
