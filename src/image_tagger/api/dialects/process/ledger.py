"""The list of jobs of `/work/status`: the latest calls and how far they came; bounded, and gone with the server."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

TYPE = "Image Tagging Model Analysis"
KEPT = 1000
TABLE = "CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, status TEXT NOT NULL)"
FILE = "process-jobs.sqlite"
BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    """One call of `/process`."""

    uid: str
    database: sqlite3.Connection

    def say(self, status: str) -> None:
        """Where the job stands now."""
        self.database.execute("UPDATE jobs SET status = ? WHERE uid = ?", (status, self.uid))


class Ledger:
    """The latest jobs by id, the oldest forgotten first; in memory, or in a folder that several processes share."""

    def __init__(self, shared: Path | None) -> None:
        place = shared / FILE if shared else ":memory:"
        # opened in one thread and used in the event loop's; nothing in it is worth waiting for a disk
        self._database = sqlite3.connect(place, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(TABLE)
        weakref.finalize(self, self._database.close)

    @contextmanager
    def job(self) -> Iterator[Job]:
        """A job as long as the context; afterwards it is finished, or failed where an exception left it."""
        job = Job(str(uuid4()), self._database)
        self._database.execute("INSERT INTO jobs (uid, status) VALUES (?, 'Job started')", (job.uid,))
        self._database.execute("DELETE FROM jobs WHERE number <= (SELECT max(number) FROM jobs) - ?", (KEPT,))
        try:
            yield job
        except BaseException:
            job.say(f"Job {job.uid} Failed code 500")
            raise
        job.say(f"Job {job.uid} Finished code 200")

    def wire(self) -> dict[str, dict[str, str]]:
        """What `/work/status` answers."""
        jobs = self._database.execute("SELECT uid, status FROM jobs ORDER BY number")
        return {uid: {"uid": uid, "status": status, "type_job": TYPE} for uid, status in jobs}
