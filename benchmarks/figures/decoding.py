"""Photos of 12 megapixels to the network's size: reduced-scale decoding against exact."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from benchmarks import bare, pictures
from benchmarks.figure import Details, Figure, Row, Setup, Spread
from benchmarks.workers import worker

FASTER = 4.0
UNCHANGED = 99  # per cent
REPEATS = 3  # of each; the fastest counts, since disturbances only ever slow down
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """One photo both ways. Seconds of decoding alone, and of decoding down to the network's tensor."""

    exact: float
    reduced: float
    exact_prepared: float
    reduced_prepared: float
    same: bool  # the best label of the product
    same_alone: bool  # of what is decoded once
    again: bool  # whether the product decodes it a second time, at full size


def measure(setup: Setup) -> Figure:
    """Every photo, one after the other, in one process."""
    photos = pictures.photos(setup.data, most=4 if setup.quick else None)
    with worker() as bench:
        found = [bench.submit(compare, pictures.large_jpeg(photo)).result() for photo in photos]
    decoding = Spread.of([one.exact / one.reduced for one in found])
    prepared = Spread.of([one.exact_prepared / one.reduced_prepared for one in found])
    same, alone, again = (sum(map(attrgetter(wanted), found)) for wanted in ("same", "same_alone", "again"))
    every = sum(one.exact for one in found) / sum(one.reduced + one.exact * one.again for one in found)
    note = f"median (range) of {len(found)} photos of 12 megapixels"
    rows = (
        Row("decoding, exact / reduced", decoding.shown(), f"{FASTER}", decoding.median >= FASTER, note),
        Row("the same, with preparing", prepared.shown(), f"{FASTER}", prepared.median >= FASTER, "to the tensor"),
        Row("all photos, second decodings included", f"{every:.2f}", f"{FASTER}", every >= FASTER, "sums of all times"),
        Row("best label unchanged", f"{same} of {len(found)}", f"{UNCHANGED} %", 100 * same >= UNCHANGED * len(found)),
        Row("decoded a second time", f"{again} of {len(found)}", note=f"without that, {alone} labels are unchanged"),
    )
    return Figure(rows, (_times(found),))


def compare(content: bytes) -> Comparison:
    """Decode, prepare and recognise one JPEG both ways."""
    exact, reduced = bare.decoder(exact=True), bare.decoder(exact=False)
    prepare = bare.prepare
    return Comparison(
        exact=_fastest(lambda: exact(content)),
        reduced=_fastest(lambda: reduced(content)),
        exact_prepared=_fastest(lambda: prepare(exact(content))),
        reduced_prepared=_fastest(lambda: prepare(reduced(content))),
        same=bare.answer(content, exact=True)[0].label == bare.answer(content, exact=False)[0].label,
        same_alone=bare.recognise(exact(content)).label == bare.recognise(reduced(content)).label,
        again=bare.close(reduced(content)),
    )


def _fastest(work: Callable[[], object]) -> float:
    seconds = []  # of processor time, which other programs do not disturb: one thread that waits for nothing
    for _ in range(REPEATS):
        started = time.thread_time()
        work()
        seconds.append(time.thread_time() - started)
    return min(seconds)


def _times(found: list[Comparison]) -> Details:
    columns = {
        "exact": [one.exact for one in found],
        "reduced": [one.reduced for one in found],
        "exact, with preparing": [one.exact_prepared for one in found],
        "reduced, with preparing": [one.reduced_prepared for one in found],
    }
    rows = tuple((name, Spread.of([s * MILLI for s in times]).shown(" ms", 1)) for name, times in columns.items())
    return Details("A JPEG of 12 megapixels", ("", "median of photos (range)"), rows)
