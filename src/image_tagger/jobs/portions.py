"""How many pictures of jobs are looked at before what was found is written down."""

import asyncio

from image_tagger.jobs.tagging import CHUNK

LEAST = 4  # pictures of a portion: writing fewer at a time takes nearly as long as looking at them


class Portions:
    """Pictures that are read, recognised and then recorded together, of all jobs of this process.

    There is one more at a time than there are threads, which go on with it while another is recorded. All that
    `processes` have in hand together is a chunk, which is what a crash can cost, as long as portions are not smaller
    than `LEAST`.
    """

    def __init__(self, threads: int = 1, processes: int = 1) -> None:
        self.at_a_time = threads + 1
        self.size = max(CHUNK // (self.at_a_time * processes), LEAST)
        self.place = asyncio.Semaphore(self.at_a_time)
        """To be held from the first look at a portion until it is recorded."""
