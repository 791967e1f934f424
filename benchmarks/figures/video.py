"""Videos of 1280 x 720: memory while classifying, frames per second against OpenCV and PyAV, stopping early."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import pictures, watching
from benchmarks.figure import Details, Figure, NotMeasured, Row, Setup, Spread, judged
from benchmarks.watching import Cost
from benchmarks.workers import worker
from image_tagger.domain.frames import EVERY_FRAME, KeyFrames, PerSecond

MEGABYTE = 1e6
MOST_MEGABYTES = 150
FASTER = 10.0
SHARE = 90  # per cent
GROUPS = (25, 50, 250)  # frames from one key frame to the next
LENGTHS = (1, 5, 10)  # times a minute
MATCH = 100  # the frame at which the reader stops
WINDOW = 12  # frames that may be decoded behind it
PER_SECOND = PerSecond(1.0)
A_SECOND = 25  # frames of the films
CAMERA = "25, as cameras film"
CAMERA_SHARE = 6  # so much shorter: its frames take several times as long


def measure(setup: Setup) -> Figure:
    """Each file is made once; each measurement has a process of its own. Raises NotMeasured without the extra."""
    try:
        from benchmarks import films  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise NotMeasured("it needs the extra 'bench'") from error
    seconds, photos = setup.repeats(full=60, quick=10), pictures.photos(setup.data, most=10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = {str(group): films.film(folder / f"{group}.mp4", photos, seconds, group) for group in GROUPS}
        plain = made[str(max(GROUPS))]
        camera = films.film(folder / "camera.mp4", photos, max(seconds // CAMERA_SHARE, 4), A_SECOND, films.CAMERA)
        long = {n: films.repeated(folder / f"{n}_times.mp4", plain, n) for n in LENGTHS}
        comparisons = {name: _compared(path, setup) for name, path in {**made, CAMERA: camera}.items()}
        rows = [
            *_memory(long, seconds),
            *(row for name, each in comparisons.items() for row in _per_second(name, each)),
            *_every_frame(comparisons[str(max(GROUPS))]),
            _stopping(long[max(LENGTHS)]),
        ]
    return Figure(tuple(rows), (_times(comparisons),))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file, read in several ways one right after the other."""

    per_second: Cost
    keys: Cost
    every: Cost
    bare: Cost
    bare_threads: Cost
    opencv: Cost | None


def _compared(path: Path, setup: Setup) -> list[Comparison]:
    found = []
    for _ in range(setup.repeats(full=3, quick=1)):
        with worker() as bench:
            found.append(
                Comparison(
                    bench.submit(watching.picked, path, PER_SECOND).result(),
                    bench.submit(watching.picked, path, KeyFrames()).result(),
                    bench.submit(watching.picked, path, EVERY_FRAME).result(),
                    bench.submit(watching.decoded, path, threads=False).result(),
                    bench.submit(watching.decoded, path, threads=True).result(),
                    bench.submit(watching.read_by_opencv, path, A_SECOND).result(),
                )
            )
    return found


def _memory(files: dict[int, Path], seconds: int) -> list[Row]:
    rows = []
    for times, path in files.items():
        with worker() as bench:
            used, frames = bench.submit(watching.classified, path, EVERY_FRAME).result()
        megabytes, note = used / MEGABYTE, f"above idle at the peak; {frames} frames, all recognised"
        name = f"memory, {times * seconds} s of video"
        rows.append(Row(name, f"{megabytes:.0f} MB", f"{MOST_MEGABYTES} MB", megabytes <= MOST_MEGABYTES, note))
    return rows


def _per_second(name: str, found: list[Comparison]) -> list[Row]:
    pairs = [(one.opencv, one.per_second, one.keys) for one in found if one.opencv]
    title = f"1 frame a second, key frame every {name} / OpenCV reading all"
    if not pairs:
        return [Row(title, "not measured", f"{FASTER}", met=False, note="it needs the extra 'bench'")]
    clock = Spread.of([opencv.wall / ours.wall for opencv, ours, _ in pairs])
    processor = Spread.of([opencv.processor / ours.processor for opencv, ours, _ in pairs])
    keys = Spread.of([opencv.processor / keys.processor for opencv, _, keys in pairs])
    note = f"by the clock, each with its threads; the same frames exactly, shrunk alike; {len(pairs)} repeats"
    row = Row(title, clock.shown(), f"{FASTER}", clock.median >= FASTER, note)
    return [
        judged(row, [one.bare.processor / one.bare.wall for one in found]),
        Row("the same in processor time", processor.shown()),
        Row(f"key frames only, every {name} / OpenCV reading all", keys.shown(), note="where any frame will do"),
    ]


def _every_frame(found: list[Comparison]) -> list[Row]:
    plain = Spread.of([100 * one.bare.wall / one.every.wall for one in found])
    threads = Spread.of([100 * one.bare_threads.wall / one.every.wall for one in found])
    note = "by the clock; decoded and shrunk to the network's needs, against decoding alone"
    row = Row("every frame / PyAV", plain.shown(" %", 0), f"{SHARE} %", plain.median >= SHARE, note)
    return [
        judged(row, [one.bare.processor / one.bare.wall for one in found]),
        Row("the same / PyAV with frame threads", threads.shown(" %", 0), note="which PyAV leaves off unless asked"),
    ]


def _stopping(path: Path) -> Row:
    with worker() as bench:
        past = bench.submit(watching.decoded_past, path, MATCH).result()
    return Row("frames decoded past a match", str(past), f"{WINDOW}", past <= WINDOW, f"the match is frame {MATCH}")


def _times(comparisons: dict[str, list[Comparison]]) -> Details:
    rows = []
    for film, found in comparisons.items():
        kinds: dict[str, list[Cost | None]] = {
            "one a second": [one.per_second for one in found],
            "key frames": [one.keys for one in found],
            "every frame": [one.every for one in found],
            "PyAV": [one.bare for one in found],
            "PyAV, frame threads": [one.bare_threads for one in found],
            "OpenCV": [one.opencv for one in found],
        }
        for name, costs in kinds.items():
            known = [cost for cost in costs if cost]
            if known:
                shown = (
                    Spread.of([getattr(cost, kind) for cost in known]).shown(" s") for kind in ("processor", "wall")
                )
                rows.append((film, name, str(known[0].frames), *shown))
    columns = ("frames between key frames", "", "frames", "processor: median (range)", "clock: median (range)")
    return Details("A video of 1280 x 720 at 25 frames a second", columns, tuple(rows))
