"""Sixteen clients: pictures a second as a share of what the machine could do at most."""

from dataclasses import dataclass
from statistics import fmean, median

from benchmarks import bare, load, machine, processes, stage
from benchmarks.bare import Work
from benchmarks.figure import Details, Figure, Row, Setup, Spread, judged
from benchmarks.load import Load
from benchmarks.processes import Used
from benchmarks.stage import Stage

CLIENTS = 16
LIMIT = 80  # per cent
BARE_PICTURES = 240
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Bare work and load, measured one right after the other."""

    alone: Work  # one thread
    together: list[Work]  # one process per core
    load: Load
    server: Used
    host: Used

    @property
    def limit(self) -> float:
        """Pictures a second of the machine, if all of it did nothing but the bare work."""
        return machine.cores() / fmean(self.alone.seconds)

    @property
    def bare_per_second(self) -> float:
        """Pictures a second of one bare process per core."""
        return sum(1 / fmean(work.seconds) for work in self.together)

    @property
    def share(self) -> float:
        """The least share of a core that bare work had."""
        return min(work.share for work in (self.alone, *self.together))


def measure(setup: Setup) -> Figure:
    """Blocks in turn; the median of the blocks' shares counts."""
    seconds = setup.repeats(full=5, quick=2)
    with stage.opened(setup, benches=machine.cores()) as staged:
        _block(staged, 1)  # to warm up
        blocks = [_block(staged, seconds) for _ in range(setup.repeats(full=10, quick=2))]
    share = Spread.of([100 * block.load.per_second / block.limit for block in blocks])
    real = Spread.of([100 * block.load.per_second / block.bare_per_second for block in blocks])
    note = f"of {machine.cores()} cores / (decode + prepare + run + read); {len(blocks)} blocks of {seconds} s"
    judgeable = Row(f"throughput, {CLIENTS} clients", share.shown(" %", 0), f"{LIMIT} %", share.median >= LIMIT, note)
    rows = (
        judged(judgeable, [block.share for block in blocks]),
        Row("the same, of bare processes", real.shown(" %", 0), note="of what one bare process per core reaches"),
    )
    return Figure(rows, (_rates(blocks), _processor(blocks)))


def _block(staged: Stage, seconds: int) -> Block:
    (alone,), together = _bare(staged, 1), _bare(staged, machine.cores())
    server, host = processes.used(staged.server.pid), processes.used(staged.host.pid)
    answered = staged.client.submit(load.many_at_a_time, staged.target, CLIENTS, seconds).result()
    return Block(
        alone,
        together,
        answered,
        processes.used(staged.server.pid).since(server),
        processes.used(staged.host.pid).since(host),
    )


def _bare(staged: Stage, count: int) -> list[Work]:
    """The bare work in so many processes at the same time."""
    jobs = [staged.bench.submit(bare.work, staged.contents, BARE_PICTURES, plain=False) for _ in range(count)]
    return [job.result() for job in jobs]


def _rates(blocks: list[Block]) -> Details:
    waits = [median(block.load.latencies) * MILLI for block in blocks]
    rows = (
        ("pictures a second", Spread.of([block.load.per_second for block in blocks]).shown(digits=0)),
        ("limit: cores / bare work of one thread", Spread.of([block.limit for block in blocks]).shown(digits=0)),
        ("one bare process per core", Spread.of([block.bare_per_second for block in blocks]).shown(digits=0)),
        ("time to answer, p50", Spread.of(waits).shown(" ms", 1)),
    )
    return Details(f"{CLIENTS} clients", ("", "median of blocks (range)"), rows)


def _processor(blocks: list[Block]) -> Details:
    answers = sum(len(block.load.latencies) for block in blocks)
    capacity = sum(block.load.seconds for block in blocks) * machine.cores()
    parts = {
        "server: event loop": [block.server.main_thread for block in blocks],
        "server: decoding and recognising threads": [block.server.other_threads for block in blocks],
        "server, in the kernel (counted above, too)": [block.server.system for block in blocks],
        "image host": [block.host.seconds for block in blocks],
        "clients": [block.load.processor_seconds for block in blocks],
    }
    rows = tuple(
        (name, f"{sum(seconds) / answers * MILLI:.2f} ms", f"{100 * sum(seconds) / capacity:.0f} %")
        for name, seconds in parts.items()
    )
    return Details(f"Processor time, {CLIENTS} clients", ("", "per request", "of all cores"), rows)
