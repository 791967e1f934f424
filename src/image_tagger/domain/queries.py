"""What a caller asks: where the media is, which model, which of its frames and predictions."""

from dataclasses import dataclass, field
from pathlib import Path

from image_tagger.domain.crops import Crop
from image_tagger.domain.frames import EVERY_FRAME, Sampling
from image_tagger.domain.selection import Selection


@dataclass(frozen=True, slots=True)
class Url:
    """A picture on the web, named character for character as the caller wrote it."""

    address: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that the caller sent: its bytes, or the file they were spooled to."""

    content: bytes | Path


@dataclass(frozen=True, slots=True)
class Base64:
    """A picture that the caller sent as base64; characters outside the alphabet do not count."""

    text: str


Media = Url | Upload | Base64


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the engine. An empty model name means the default; without a crop, the whole picture counts."""

    media: Media
    model: str = ""
    selection: Selection = field(default_factory=Selection)
    sampling: Sampling = EVERY_FRAME
    crop: Crop | None = None
