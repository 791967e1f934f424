"""Where pictures with drawn boxes are written: one file, or a folder with a file for each of them."""

from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from image_tagger.cli.detection_report import Detected
from image_tagger.cli.pictures import STANDARD_INPUT, Picture
from image_tagger.domain.errors import InvalidRequest, TaggerError, TruncatedMedia
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Upload, Url
from image_tagger.media.drawing import drawn, encoded
from image_tagger.media.image import Image
from image_tagger.services import Services

FORMS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
ENDING = ".boxes.jpg"
LONGEST_NAME = 200  # bytes of a file name that are kept, below every file system's limit


@dataclass(slots=True)
class Drawings:
    """Draws what was detected, into `file` or into `folder`, of which one is given."""

    file: Path | None
    folder: Path | None
    _used: set[str] = field(default_factory=set)

    def check(self, pictures: list[Picture]) -> None:
        """Make the folder. Raises InvalidRequest where the drawings cannot go where they should."""
        if self.folder is not None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InvalidRequest(f"the folder {str(self.folder)!r} cannot be made: {error.strerror}") from error
            return
        if len(pictures) != 1:
            raise InvalidRequest("--draw is for one picture; --draw-into FOLDER draws several")
        if self.file is not None:
            _form(self.file)
            if _is_same(pictures[0], self.file):
                raise InvalidRequest("--draw would overwrite the picture itself")

    async def draw(self, services: Services, picture: Picture, detected: Detected) -> None:
        """Write a still, or every frame of a film that was looked at; into a file only a still.

        Raises InvalidRequest for a film that should go into one file, TaggerError where it cannot be written.
        """
        if detected.film and self.folder is None:
            raise InvalidRequest("a film cannot be drawn into one picture; --draw-into FOLDER draws its frames")
        results, name = {frame.index: frame for frame in detected.frames}, self._name(picture)
        frames = services.frames.all(detected.media, None, detected.sampling)
        async with aclosing(frames):
            try:
                async for frame in frames:
                    if (result := results.get(frame.index)) is not None:
                        where = self._where(name, frame.index if detected.film else None)
                        await services.threads.run(_write, where, frame.image, result)
                    if not detected.film:
                        break
            except TruncatedMedia:  # what came before is drawn, and the detection has reported it
                return

    def _where(self, name: str, index: int | None) -> Path:
        if self.folder is None:
            return self.file or Path(name)
        return self.folder / (f"{name}{ENDING}" if index is None else f"{name}-{index:06}{ENDING}")

    def _name(self, picture: Picture) -> str:
        """The picture's own name without its suffix; the second of a name gets a number."""
        own = Path(picture.name.partition("?")[0] if isinstance(picture.media, Url) else picture.name).stem
        stem = "stdin" if picture.name == STANDARD_INPUT else own or "picture"
        stem = stem.encode("utf-8", "surrogateescape")[:LONGEST_NAME].decode("utf-8", "ignore")
        numbered = (f"{stem}-{number}" for number in count(2))
        name = next(name for name in chain([stem], numbered) if name not in self._used)
        self._used.add(name)
        return name


def _is_same(picture: Picture, file: Path) -> bool:
    content = picture.media.content if isinstance(picture.media, Upload) else None
    return isinstance(content, Path) and file.exists() and file.samefile(content)


def _form(file: Path) -> str:
    try:
        return FORMS[file.suffix.lower()]
    except KeyError as error:
        suffixes = ", ".join(FORMS)
        raise InvalidRequest(f"--draw needs a file with one of the suffixes {suffixes}") from error


def _write(where: Path, image: Image, result: FrameResult) -> None:
    content = encoded(drawn(image, result.predictions), _form(where))
    try:
        where.write_bytes(content)
    except OSError as error:
        raise TaggerError(f"the drawing {where.name!r} cannot be written: {error.strerror}") from error
