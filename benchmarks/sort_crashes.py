"""Kills `image-tagger sort` at random moments and counts its files: `python -m benchmarks.sort_crashes`.

Each round is a process that begins or resumes a sort and is killed with SIGKILL. After every kill each file must exist
exactly once, with its bytes. A sort that ends is compared with one that nobody disturbed, taken back, and begun anew.
The processes are forked from this one, which has imported the product, so that a round takes a second, not ten.
"""

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from image_tagger.cli import sort_undo, sorting
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.sorting import Match
from tests.pictures import jpeg

CLASSES = ("ch", "an", "bo", "er")
NOTHING_TO_RESUME = 3
SIDECARS = 10  # every so many pictures have one

Places = dict[str, str]  # the hash of a file's content -> where it is


@dataclass(slots=True)
class Count:
    """What has happened so far."""

    kills: int = 0
    while_moving: int = 0
    sorts: int = 0
    moves: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    options = _options()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="sort-crashes-"))
    os.environ |= {
        "IMAGE_TAGGER_DATA_DIR": str(folder / "data"),
        "IMAGE_TAGGER_BATCH_SIZE": "1",
    }  # nothing is tried out
    photos = folder / "photos"
    before = _make(photos, options.files)
    print(f"{len(before)} files, {options.kills} kills, seed {options.seed}, in {folder}", flush=True)
    begun = time.monotonic()
    if _round(photos, None, fresh=True) != 0:
        sys.exit("the sort fails undisturbed")
    seconds = time.monotonic() - begun
    expected = _places(photos)
    print(f"undisturbed: {seconds:.1f} s, {_folders(expected)}", flush=True)
    _take_back(photos, before)
    count = _kill_all(photos, before, expected, options)
    print(
        f"{count.kills} kills, {count.while_moving} of them after files had moved in that round, {count.moves} moves,"
    )
    print(f"{count.sorts} sorts ended, each as the undisturbed one and taken back; wrong: {len(count.wrong)}")
    for line in count.wrong[:20]:
        print(line)
    sys.exit(bool(count.wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--longest", type=float, default=4.0, help="seconds after which a round is killed at the latest"
    )
    parser.add_argument("--folder", help="an empty folder to work in")
    return parser.parse_args()


def _kill_all(photos: Path, before: Places, expected: Places, options: argparse.Namespace) -> Count:
    count, chance, fresh = Count(), random.Random(options.seed), True  # noqa: S311 - moments, not secrets
    while count.kills < options.kills or not fresh:
        patience = chance.uniform(0.0, options.longest) if count.kills < options.kills else None
        earlier = _places(photos)
        status = _round(photos, patience, fresh=fresh)
        now = _places(photos)
        moved = sum(now.get(key) != place for key, place in earlier.items())
        count.moves += moved
        if sorted(now) != sorted(before):
            count.wrong.append(f"after kill {count.kills}: files are missing, doubled or changed")
        fresh = status is not None
        if status is None:
            count.kills += 1
            count.while_moving += bool(moved)
            if count.kills % 20 == 0:
                print(f"{count.kills} kills, {count.sorts} sorts, {count.moves} moves", flush=True)
        else:
            _check_end(status, now, (before, expected), count)
            _take_back(photos, before)
    return count


def _check_end(status: int, now: Places, whole: tuple[Places, Places], count: Count) -> None:
    before, expected = whole
    if status == NOTHING_TO_RESUME and now == before:  # killed before there was a job
        return
    count.sorts += 1
    if status not in {0, NOTHING_TO_RESUME} or now != expected:
        count.wrong.append(f"after kill {count.kills}: the sort ended with {status} and {_folders(now)}")


def _round(photos: Path, patience: float | None, *, fresh: bool) -> int | None:
    """A process's exit status; None where it was killed after so many seconds."""
    process = os.fork()
    if not process:
        _work(photos, fresh=fresh)
    over = None if patience is None else time.monotonic() + patience
    while over is None or time.monotonic() < over:
        ended, status = os.waitpid(process, 0 if over is None else os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return None if code == -signal.SIGKILL else code  # it may have ended just then


def _work(photos: Path, *, fresh: bool) -> NoReturn:
    """What the command does, in a process of its own."""
    status = 1
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            status = (
                sorting.sort_all(sorting.Asked(photos, None, CLASSES, Match.SUBSTRING, None))
                if fresh
                else sorting.resume(photos)
            )
    except InvalidRequest:
        status = NOTHING_TO_RESUME
    finally:
        os._exit(status)


def _take_back(photos: Path, before: Places) -> None:
    """Undo all that the journals tell of."""
    try:
        while True:
            process = os.fork()
            if not process:
                _undo()
            _, status = os.waitpid(process, 0)
            if os.waitstatus_to_exitcode(status):
                break
    finally:
        if _places(photos) != before:
            sys.exit("a sort could not be taken back")


def _undo() -> NoReturn:
    status = 1
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            status = sort_undo.undo_sort("last")
    except InvalidRequest:
        status = NOTHING_TO_RESUME
    finally:
        os._exit(status)


def _make(photos: Path, count: int) -> Places:
    photos.mkdir(parents=True)
    for number in range(count):
        (photos / f"{number:05}.jpg").write_bytes(jpeg(64, 48, seed=number))
        if number % SIDECARS == 0:
            (photos / f"{number:05}.jpg.xmp").write_text(f"of {number}")
    return _places(photos)


def _places(photos: Path) -> Places:
    """Where every content is; of one that is there twice, both places."""
    found: dict[str, list[str]] = {}
    for file in photos.rglob("*"):
        if not file.is_dir():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found.setdefault(digest, []).append(file.relative_to(photos).as_posix())
    doubled = {f"{digest} twice": " ".join(places) for digest, places in found.items() if len(places) > 1}
    return {digest: places[0] for digest, places in found.items()} | doubled


def _folders(places: Places) -> dict[str, int]:
    return dict(Counter(Path(place).parent.name or "photos" for place in places.values()))


if __name__ == "__main__":
    main()
