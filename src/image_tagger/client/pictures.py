"""What callers may give as a picture: a URL, a file, bytes, or a picture of Pillow's."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from image_tagger.client.talking import Part
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.queries import Upload, Url

if TYPE_CHECKING:
    from PIL.Image import Image

    Picture = str | Path | bytes | bytearray | Image

WEB = ("http://", "https://")
FILMS = frozenset({"mp4", "mov", "avi", "wmv", "flv", "webm", "mkv", "m4v"})  # what `/process` takes as films
KEPT_BY_PNG = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}  # modes


def media_of(picture: "Picture") -> Url | Upload:
    """Texts that begin with http:// or https:// are URLs, other texts paths. Raises InvalidRequest."""
    if isinstance(picture, str) and picture.lower().startswith(WEB):
        return Url(picture)
    if isinstance(picture, str | Path):
        return Upload(_file(Path(picture)))
    if isinstance(picture, bytes | bytearray):
        return Upload(bytes(picture))
    pillow = sys.modules.get("PIL.Image")  # who has such a picture has imported it
    if pillow and isinstance(picture, pillow.Image):
        return Upload(_png(picture))
    raise InvalidRequest(f"a picture is a path, a URL, bytes or a Pillow image, not {type(picture).__name__}")


def film_suffix(media: Upload) -> str:
    """The suffix of a film's file, without its dot; empty for all else."""
    suffix = media.content.suffix.lower().removeprefix(".") if isinstance(media.content, Path) else ""
    return suffix if suffix in FILMS else ""


def part_of(name: str, media: Upload) -> Part:
    """The picture as a part of a form."""
    return Part(name, media.content, name)


def bytes_of(media: Upload) -> bytes:
    """The picture's bytes. Raises InvalidRequest where the file cannot be read."""
    if isinstance(media.content, bytes):
        return media.content
    try:
        return media.content.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{media.content.name} cannot be read: {error.strerror}") from error


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InvalidRequest(f"there is no file {path.name}")
    return path


def _png(picture: "Image") -> bytes:
    from PIL import ImageOps  # noqa: PLC0415 - only who has a picture of Pillow's needs it

    upright = ImageOps.exif_transpose(picture)
    kept = upright if upright.mode in KEPT_BY_PNG else upright.convert("RGB")
    buffer = io.BytesIO()
    kept.save(buffer, "PNG")
    return buffer.getvalue()
