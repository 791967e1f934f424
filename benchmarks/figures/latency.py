"""One request at a time: `/predictions` against the bare work on the same pictures."""

from dataclasses import dataclass
from statistics import median

from benchmarks import bare, load, processes, stage
from benchmarks.figure import Details, Figure, Row, Setup, Spread, judged
from benchmarks.processes import Used
from benchmarks.stage import Stage

LIMIT = 1.5
REQUESTS = 60  # of a block: each of the 60 photos once
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Medians of seconds, measured one right after the other so that a drift of the machine hits all."""

    own: float
    plain: float
    served: float
    share: float  # of a core, while the bare work ran


def measure(setup: Setup) -> Figure:
    """Blocks in turn; the median of the blocks' ratios counts."""
    with stage.opened(setup) as staged:
        _block(staged)  # to warm up
        before = processes.used(staged.server.pid)
        blocks = [_block(staged) for _ in range(setup.repeats(full=20, quick=4))]
        used = processes.used(staged.server.pid).since(before)
    found = (
        _row("latency / bare work", [block.served / block.own for block in blocks], "own decoder"),
        _row("latency / plain Pillow", [block.served / block.plain for block in blocks], "full decode"),
    )
    shares = [block.share for block in blocks]
    rows = tuple(judged(row, shares) for row in found)
    return Figure(rows, (_times(blocks), _processor(used, len(blocks) * REQUESTS)))


def _block(staged: Stage) -> Block:
    own = staged.bench.submit(bare.work, staged.contents, REQUESTS, plain=False).result()
    plain = staged.bench.submit(bare.work, staged.contents, REQUESTS, plain=True).result()
    served = staged.client.submit(load.one_at_a_time, staged.target, REQUESTS).result()
    return Block(median(own.seconds), median(plain.seconds), median(served.latencies), min(own.share, plain.share))


def _row(name: str, ratios: list[float], baseline: str) -> Row:
    ratio = Spread.of(ratios)
    note = f"p50 against decode + prepare + run + read in one thread, {baseline}; {len(ratios)} blocks of {REQUESTS}"
    return Row(name, ratio.shown(), f"{LIMIT}", ratio.median <= LIMIT, note)


def _times(blocks: list[Block]) -> Details:
    columns = {
        "bare work, own decoder": [block.own for block in blocks],
        "bare work, plain Pillow": [block.plain for block in blocks],
        "request": [block.served for block in blocks],
    }
    rows = tuple((name, Spread.of([s * MILLI for s in seconds]).shown(" ms")) for name, seconds in columns.items())
    return Details("One picture of 400 x 500, one at a time", ("", "p50: median of blocks (range)"), rows)


def _processor(used: Used, requests: int) -> Details:
    rows = (
        ("event loop", f"{used.main_thread / requests * MILLI:.2f} ms"),
        ("decoding and recognising threads", f"{used.other_threads / requests * MILLI:.2f} ms"),
        ("of both, in the kernel", f"{used.system / requests * MILLI:.2f} ms"),
    )
    return Details("Processor time of the server per request, one at a time", ("", "per request"), rows)
