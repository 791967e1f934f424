"""The sidecars of what was named on the command line: labels into them, and out of them."""

import sys
from pathlib import Path

from image_tagger.cli.films import Film
from image_tagger.cli.output import standard_output, visible, writing
from image_tagger.cli.pictures import Picture, find_pictures
from image_tagger.cli.report import Result
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Upload
from image_tagger.domain.specs import Version
from image_tagger.domain.vocabulary import Wording
from image_tagger.jobs import sidecars
from image_tagger.media import xmp


class Sidecars:
    """Writes the labels of one model beside pictures that are files."""

    def __init__(self, one: Version, wording: Wording | None = None) -> None:
        """`wording`: the words in which results come, which groups of labels are to be called by, too."""
        self._sidecars = sidecars.Sidecars(one, wording)

    def write(self, picture: Picture, result: Result) -> None:
        """The labels of a result in place of those that were written before; nothing where there is no result.

        Blocks. Raises TaggerError.
        """
        file = _file(picture)
        if file is not None and isinstance(result, FrameResult | Film):
            predictions = result.labels if isinstance(result, Film) else result.predictions
            self._sidecars.write(file, predictions)


def untag_all(what: list[str], *, recursive: bool) -> int:
    """Take our labels out of the sidecars of all that was named; answer for how many that failed.

    Raises InvalidRequest where nothing was found.
    """
    pictures = find_pictures(what, recursive=recursive, limit=0)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    failed = 0
    for picture in pictures:
        try:
            _untag(picture)
        except TaggerError as error:
            failed += 1
            sys.stderr.write(f"image-tagger: {visible(picture.name)}: {error}\n")
    return failed


def _untag(picture: Picture) -> None:
    file = _file(picture)
    if isinstance(picture.media, TaggerError):
        raise picture.media
    if file is None:
        raise InvalidRequest("it is no file")
    for sidecar in xmp.remove(file):
        with writing():
            standard_output().write(f"{visible(str(sidecar))}: {'cleaned' if sidecar.exists() else 'removed'}\n")


def _file(picture: Picture) -> Path | None:
    content = picture.media.content if isinstance(picture.media, Upload) else None
    return content if isinstance(content, Path) else None
