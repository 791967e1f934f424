"""A folder of small pictures tagged by the command: its rate, its memory, and how it goes on after `kill -9`."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import bare, machine
from benchmarks.bare import Work
from benchmarks.figure import Details, Figure, Row, Setup, Spread, judged
from benchmarks.workers import worker
from image_tagger.jobs import outcomes
from image_tagger.jobs.office import FILE
from image_tagger.jobs.tagging import CHUNK
from image_tagger.store.database import Database
from tests.pictures import jpeg

COUNT = "IMAGE_TAGGER_BENCH_PICTURES"
FULL, QUICK = 20_000, 1_000
FOLDERS = 1_000  # pictures of each
SIZE = (320, 240)
BARE_PICTURES = 400
LIMIT, ANSWER_MILLISECONDS = 90, 100
LOOK = 2.0  # seconds between looks at its memory and its progress, each of which takes 25 ms of a core
HALT_EVERY = 10.0  # seconds of tagging between two measurements of bare work, since machines change their pace
PAGE = 100  # pictures
UNREAD = 10**18  # a time of access, in nanoseconds, long before any picture was made
MEBIBYTE = 2**20
SCRIPT = str(Path(sysconfig.get_path("scripts"), "image-tagger"))
BareWork = Callable[[], list[Work]]
KEPT = "SELECT count(*) FROM known_files"
TALLY = "SELECT count(*) FROM items WHERE key IS NULL AND state = 'done'"


@dataclass(frozen=True, slots=True)
class Run:
    """The command from its start to its end.

    seconds: without those in which it was halted. memory: bytes of all its processes together, what they share counted
    once. answers: seconds of the ledger. works: bare work while it was halted.
    """

    seconds: float
    processor_seconds: float
    memory: list[int]
    answers: list[float]
    processes: int
    works: list[list[Work]]


def measure(setup: Setup) -> Figure:
    """Bare work before and after, and in between while the command is halted: machines change their pace."""
    count = int(os.environ.get(COUNT, "0")) or setup.repeats(FULL, QUICK)
    with tempfile.TemporaryDirectory() as scratch:
        folder, data = Path(scratch, "pictures"), Path(scratch, "data")
        contents = _make(folder, count)
        with worker(machine.cores()) as bench:
            bare_work = partial(_bare, bench, contents)
            before = bare_work()
            start = _run(folder, data / "start", 0)
            done = _run(folder, data / "all", count, bare_work)
            works = [before, *done.works, bare_work()]
        killed = _killed(folder, data / "killed", count)
    return Figure((*_rows(count, done, start, works), *killed), (_details(done, start, count),))


def _make(folder: Path, count: int) -> list[bytes]:
    contents = []
    for number in range(count):
        below = folder / f"{number // FOLDERS:04}"
        below.mkdir(parents=True, exist_ok=True)
        content = jpeg(*SIZE, seed=number)
        (below / f"{number:07}.jpg").write_bytes(content)
        contents += [content] if number < BARE_PICTURES else []
    return contents


def _bare(bench: object, contents: list[bytes]) -> list[Work]:
    jobs = [bench.submit(bare.work, contents, BARE_PICTURES, plain=False) for _ in range(machine.cores())]  # type: ignore[attr-defined] # a pool
    return [job.result() for job in jobs]


def _run(folder: Path, data: Path, count: int, bare_work: BareWork | None = None) -> Run:
    """Tag the folder, or without a count one that is empty, which is the start and the end of the command alone."""
    what = folder if count else data.parent / "empty"
    what.mkdir(parents=True, exist_ok=True)
    used, began, most, halted = _children(), time.perf_counter(), 1, 0.0
    memory, answers, works = list[int](), list[float](), list[list[Work]]()
    database = Database(f"sqlite:///{data / FILE}")
    with _started(what, data) as process:
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK if count else LOOK / 40)
            pids = _family(process.pid)
            most = max(most, len(pids))
            memory += _together(pids)
            answers += [_answer(database)] if count and _asked(data, TALLY) else []
            if bare_work and time.perf_counter() - began - halted > HALT_EVERY * (len(works) + 1):
                with _halted(process) as seconds:
                    works.append(bare_work())
                halted += seconds()
    return Run(time.perf_counter() - began - halted, _children() - used, memory, answers, most, works)


@contextmanager
def _halted(process: subprocess.Popen[bytes]) -> Iterator[Callable[[], float]]:
    """All processes of the command stand still meanwhile; for how many seconds is known afterwards."""
    began = time.perf_counter()
    ends = list[float]()
    with suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield lambda: ends[0] - began
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
        ends.append(time.perf_counter())


@contextmanager
def _started(what: Path, data: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    asked = arguments or (str(what), "--recursive", "--output", str(data.parent / "labels.jsonl"))
    environment = os.environ | {"IMAGE_TAGGER_DATA_DIR": str(data)}
    with subprocess.Popen(
        [SCRIPT, "tag", *asked], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        yield process


def _killed(folder: Path, data: Path, count: int) -> tuple[Row, ...]:
    """Kill all its processes in the middle; what was read by then and was not kept is looked at again."""
    shutil.rmtree(data, ignore_errors=True)
    pictures = sorted(folder.rglob("*.jpg"))
    for picture in pictures:
        os.utime(picture, ns=(UNREAD, picture.stat().st_mtime_ns))
    with _started(folder, data) as process:
        while _asked(data, TALLY) < count / CHUNK / 3:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    read, kept = sum(picture.stat().st_atime_ns != UNREAD for picture in pictures), _asked(data, KEPT)
    with _started(folder, data, "--resume"):
        pass
    lines = (data.parent / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    names = {json.loads(line)["picture"] for line in lines}
    whole = len(names) == len(lines) == count
    again = f"{read - kept} pictures" if read else "not measured: this file system keeps no times of access"
    return (
        Row("after kill -9: every picture once in the results", str(whole), "True", whole),
        Row("looked at again", again, f"{CHUNK}", 0 <= read - kept <= CHUNK if read else None, "one chunk"),
    )


def _answer(database: Database) -> float:
    """Seconds until it is said how far the job is, and for a page of its pictures from its middle."""
    with closing(sqlite3.connect(database.engine.url.database or "")) as connection:
        job_id = connection.execute("SELECT id FROM jobs").fetchone()[0]
    began = time.perf_counter()
    tally = database.reading(outcomes.tally, job_id)
    database.reading(outcomes.page, job_id, tally.total // 2, PAGE)
    return time.perf_counter() - began


def _rows(count: int, done: Run, start: Run, blocks: list[list[Work]]) -> tuple[Row, ...]:
    works = [work for block in blocks for work in block]
    seconds = sorted(second for work in works for second in work.seconds)
    processor = sum(sum(work.seconds) * work.share for work in works) / len(seconds)
    share = 100 * processor * count / (done.processor_seconds - start.processor_seconds)
    limit = sum(len(work.seconds) / sum(work.seconds) for work in works) / len(blocks)
    rate = count / (done.seconds - start.seconds)
    settled = done.memory[len(done.memory) // 4 :]
    growth = (settled[-1] - settled[0]) / MEBIBYTE if settled else 0.0
    answers, shares = Spread.of([second * 1000 for second in done.answers]), [work.share for work in works]
    answering = Row(
        "progress and a page meanwhile, at worst", answers.shown(" ms", 0), "100 ms", answers.most < ANSWER_MILLISECONDS
    )
    note = (
        f"{count} JPEGs of {SIZE[0]} x {SIZE[1]}; start and end of the command not counted;"
        f" of bare work ({limit:.0f}/s), measured {len(blocks)} times, in between while the command was halted"
    )
    measured, met = f"{100 * rate / limit:.0f} % ({rate:.0f}/s)", rate / limit >= LIMIT / 100
    wall = Row("tagging a folder", measured, f"{LIMIT} %", met, note)
    return (
        judged(wall, shares),
        Row("the same in processor time", f"{share:.0f} %", note="of bare processes, one per core"),
        judged(answering, shares),
        Row("memory, growth after the first quarter", f"{growth:.0f} MiB", "32 MiB", growth < 32),
    )


def _details(done: Run, start: Run, count: int) -> Details:
    memory = Spread.of([value / MEBIBYTE for value in done.memory])
    rows = (
        ("seconds", f"{done.seconds:.1f}"),
        ("seconds of an empty folder", f"{start.seconds:.1f}"),
        ("processor time per picture", f"{done.processor_seconds / count * 1000:.2f} ms"),
        ("processes", str(done.processes)),
        ("memory of all together", memory.shown(" MiB", 0)),
    )
    return Details(f"A folder of {count} pictures", ("", "measured"), rows)


def _asked(data: Path, query: str) -> int:
    file = data / FILE
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return int(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError:  # its tables are still being made
            return 0


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(pid: int) -> list[int]:
    """A process and those that it has started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:  # it has ended
        return []
    return [pid, *map(int, children)]


def _together(pids: list[int]) -> list[int]:
    """Bytes of their memory, with its part of what several share."""
    sizes = [size for pid in pids if (size := _proportional(pid))]
    return [sum(sizes)] if sizes else []


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
