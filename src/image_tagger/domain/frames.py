"""What a file holds, one picture or many frames, and which of the frames are looked at."""

import math
from dataclasses import dataclass
from enum import StrEnum

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Size


class MediaKind(StrEnum):
    """How many pictures a file holds, and how they belong together."""

    STILL = "still"
    ANIMATION = "animation"  # GIF, WebP, APNG of more than one frame, and the pages of a TIFF
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What can be known of a file without decoding its pixels.

    format: lower-case name of the format or container (`jpeg`, `gif`, `mp4`), told by the content.
    frames: how many there are; None where only decoding would tell.
    seconds: how long it plays; 0 for a still, None where it does not say.
    """

    kind: MediaKind
    format: str
    size: Size
    frames: int | None = 1
    seconds: float | None = 0.0


@dataclass(frozen=True, slots=True)
class EveryNth:
    """Frames `first`, `first` + n, `first` + 2n, ..., counted from 0."""

    n: int = 1
    first: int = 0

    def __post_init__(self) -> None:
        if self.n < 1 or self.first < 0:
            raise InvalidRequest("every n-th frame needs n of at least 1 and a first frame of at least 0")


@dataclass(frozen=True, slots=True)
class PerSecond:
    """`rate` frames per second of playing time: at each moment k / rate, the frame that is on the screen then."""

    rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise InvalidRequest("the number of frames per second must be above 0")


@dataclass(frozen=True, slots=True)
class KeyFrames:
    """Only the frames that a video stores whole, which cost least to decode; of an animation every frame."""


@dataclass(frozen=True, slots=True)
class SceneCuts:
    """The first frame, and every frame that differs from the one before by more than `threshold` (0..1)."""

    threshold: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise InvalidRequest("the threshold of a scene cut must be above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Evenly:
    """`count` frames spread evenly over the playing time."""

    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InvalidRequest("the number of frames must be at least 1")


Sampling = EveryNth | PerSecond | KeyFrames | SceneCuts | Evenly
EVERY_FRAME = EveryNth()
