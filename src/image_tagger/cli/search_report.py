"""What `find` writes on standard output: pictures with their labels, paths alone, or JSON."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from image_tagger.cli.output import JsonArray, visible, writing
from image_tagger.domain.results import FoundPicture

TEXT, PATHS, JSON = "text", "paths", "json"


@contextmanager
def written(shape: str, to: TextIO) -> Iterator[Callable[[FoundPicture], None]]:
    """What writes one picture after the other. Raises TaggerError where it cannot."""
    if shape == JSON:
        with JsonArray(to) as array:
            yield lambda found: array.add(_wire(found))
        return

    def line(found: FoundPicture) -> None:
        with writing():
            to.write(f"{found.key if shape == PATHS else _text(found)}\n")

    yield line
    with writing():
        to.flush()


def _text(found: FoundPicture) -> str:
    labels = ", ".join(f"{one.label} {one.score:.1%}" for one in found.labels)
    return f"{visible(found.key)}: {labels or '(nothing)'}"


def _wire(found: FoundPicture) -> dict[str, Any]:
    labels = [{"label": one.label, "confidence": one.score, "model": one.model} for one in found.labels]
    return {"picture": found.key, "labels": labels}
