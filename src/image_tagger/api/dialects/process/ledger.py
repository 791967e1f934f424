"""The list of jobs of `/work/status`: the latest calls and how far they came; in memory, bounded."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

TYPE = "Image Tagging Model Analysis"
KEPT = 1000


@dataclass(slots=True)
class Job:
    """One call of `/process`."""

    uid: str
    status: str = "Job started"

    def say(self, status: str) -> None:
        """Where the job stands now."""
        self.status = status


class Ledger:
    """The latest jobs by id, the oldest forgotten first."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    @contextmanager
    def job(self) -> Iterator[Job]:
        """A job as long as the context; afterwards it is finished, or failed where an exception left it."""
        job = Job(str(uuid4()))
        self._jobs[job.uid] = job
        if len(self._jobs) > KEPT:
            self._jobs.popitem(last=False)
        try:
            yield job
        except BaseException:
            job.say(f"Job {job.uid} Failed code 500")
            raise
        job.say(f"Job {job.uid} Finished code 200")

    def wire(self) -> dict[str, dict[str, str]]:
        """What `/work/status` answers."""
        return {job.uid: {"uid": job.uid, "status": job.status, "type_job": TYPE} for job in self._jobs.values()}
