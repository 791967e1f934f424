"""Ids that clients see: digits only, never used twice, not to be guessed from one another, exact in JSON's numbers."""

import secrets
import time

EPOCH = 1_704_067_200  # 2024 begins
RANDOM_BITS = 22  # the seconds since then take 31 bits until 2092; together they stay below 2 ** 53


def new_id(now: float | None = None) -> int:
    """An id that grows with time. Two of one second are equal once in four million; a primary key tells."""
    seconds = int(time.time() if now is None else now) - EPOCH
    return seconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
