"""Searching a million rows of results on SQLite: pages of a hundred pictures, by searches of several kinds."""

import asyncio
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.figure import Details, Figure, Row, Setup, Spread
from image_tagger.domain.finding import read_search
from image_tagger.domain.meanings import Meanings
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.results import PictureFile, Recognised, Search
from image_tagger.models.labels import FILE, standard_taxonomy
from image_tagger.store.database import Database
from image_tagger.store.results import Results

ROWS, LABELS = 1_000_000, 5  # of a picture, as `tag` records them
MOST_MILLISECONDS = 100.0
BATCH = 2000  # pictures
SCORES = (0.55, 0.15, 0.05, 0.02, 0.01)  # means
Timed = tuple[str, str, float, tuple[Spread, int]]
FREQUENT, OTHER, RARE = "sunglasses", "seashore", "trilobite"
SEARCHES = (
    ("a frequent label", FREQUENT, 0.3),
    ("a rare label", RARE, 0.3),
    ("a label that no picture has", "no such thing", 0.3),
    ("a class of 118 labels", "dog", 0.3),
    ("a class of 118 labels, any score", "dog", 0.0),
    ("a class of 398 labels, any score", "animal", 0.0),
    ("a class and not another", "dog and not vehicle", 0.3),
    ("all but a class", "not animal", 0.3),
    ("two frequent labels together", f"{FREQUENT} and {OTHER}", 0.01),
    ("two frequent labels that are never together", f"{FREQUENT} and {OTHER}", 0.5),
    ("a frequent and a rare label", f"{FREQUENT} and {RARE}", 0.01),
    ("brackets", f"(dog or cat) and not ({OTHER} or {FREQUENT})", 0.3),
)

READS_ALL = (("what nothing is, of what is frequent", f"not ({FREQUENT} or not {FREQUENT})", 0.0),)


def measure(setup: Setup) -> Figure:
    """The whole of a search in this process, from the text to the pictures with their labels."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), ROWS // setup.repeats(1, 20), setup.repeats(15, 3)))


async def _measure(folder: Path, rows: int, repeats: int) -> Figure:
    database = Database(f"sqlite:///{folder / 'search.sqlite3'}")
    try:
        results = Results(database)
        seconds = await _fill(results, rows // LABELS)
        size = (folder / "search.sqlite3").stat().st_size / rows
        timed = [await _timed(results, search, repeats) for search in SEARCHES]
        reads_all = [await _timed(results, search, repeats) for search in READS_ALL]
    finally:
        await database.close()
    slowest = max(timed, key=lambda one: one[3][0].most)
    row = Row(
        f"slowest of {len(SEARCHES)} searches of {rows:,} rows: {slowest[0]}",
        slowest[3][0].shown(" ms", 1),
        f"< {MOST_MILLISECONDS:.0f} ms",
        slowest[3][0].most < MOST_MILLISECONDS,
    )
    recording = Row("rows recorded per second", f"{rows / seconds:,.0f}", note=f"{size:.0f} bytes a row on disk")
    every = Row("a search for which every picture is read", reads_all[0][3][0].shown(" ms", 1), note=reads_all[0][0])
    return Figure((row, every, recording), (_table(timed + reads_all),))


async def _fill(results: Results, pictures: int) -> float:
    waiting, seconds = iter(_pictures(pictures)), 0.0
    while some := list(islice(waiting, BATCH)):
        began = time.perf_counter()
        await results.record("imagenet", some)
        seconds += time.perf_counter() - began
    return seconds


def _pictures(count: int) -> Iterable[Recognised]:
    """Few labels are frequent and most are rare; the five of a picture are drawn apart from each other."""
    random, names = np.random.default_rng(0), _names()
    weights = 1 / np.arange(1, len(names) + 1)
    for first in range(0, count, BATCH):
        drawn = random.choice(len(names), (BATCH, 4 * LABELS), p=weights / weights.sum())
        scores = random.beta(2, 2 / np.array(SCORES) - 2, (BATCH, LABELS))
        for place in range(min(BATCH, count - first)):
            different = [*dict.fromkeys(drawn[place].tolist())][:LABELS]
            found = zip(different, sorted(scores[place].tolist(), reverse=True), strict=False)
            predictions = tuple(Prediction(names[label], score) for label, score in found)
            yield Recognised(PictureFile(f"/photos/{first + place:07}.jpg", "0" * 64, 1, 1.0), predictions)


def _names() -> list[str]:
    """ImageNet's classes in an order of their own, the two that are to be frequent first, the rare one last."""
    meanings = Meanings(FILE.read_text(encoding="utf-8"))
    names = {label: None for key in meanings for label in meanings.meaning(key).labels[:1]}
    rest = [name for name in names if name not in {FREQUENT, OTHER, RARE}]
    np.random.default_rng(1).shuffle(rest)
    return [FREQUENT, OTHER, *rest, RARE]


async def _timed(results: Results, asked: tuple[str, str, float], repeats: int) -> Timed:
    """Milliseconds of the first page, and how many pictures it has."""
    name, text, least = asked
    milliseconds, found = [], 0
    for _ in range(repeats):
        began = time.perf_counter()
        search = Search(read_search(text), least)
        found = len(await results.search(search, standard_taxonomy().expand))
        milliseconds.append(1000 * (time.perf_counter() - began))
    return name, text, least, (Spread.of(milliseconds), found)


def _table(timed: list[Timed]) -> Details:
    rows = tuple(
        (name, f"`{text}`", f"{least:g}", str(found), spread.shown(" ms", 1))
        for name, text, least, (spread, found) in timed
    )
    return Details("A page of at most 100 pictures", ("search", "text", "least score", "pictures", "time"), rows)
