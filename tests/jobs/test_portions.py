"""How many pictures are in hand."""

import pytest

from image_tagger.jobs.portions import LEAST, Portions
from image_tagger.jobs.tagging import CHUNK


@pytest.mark.parametrize(("threads", "processes"), [(1, 1), (2, 1), (1, 2), (2, 2), (3, 5), (1, 16)])
def test_all_processes_together_have_at_most_a_chunk_in_hand(threads: int, processes: int) -> None:
    portions = Portions(threads, processes)
    assert CHUNK / 2 < portions.size * portions.at_a_time * processes <= CHUNK


def test_portions_are_never_tiny() -> None:
    assert Portions(1, 100).size == LEAST
