"""What packets of H.264 and H.265 tell by the first byte of each unit they are made of."""

from collections.abc import Callable, Generator
from enum import Enum, auto

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

COUNTED = b"\x01"  # what the extra data of a codec begins with where units begin with their length
WIDTH = {"h264": 4, "hevc": 21}  # where in it the bytes of that length stand, less one, in bits 0 and 1
ONE_LAYER = 1  # in bits 3 to 5 beside it, of H.265 only
BROKEN = 0xFF  # the first byte of no unit


class Unit(Enum):
    """What a unit of a packet is."""

    KEY = auto()  # of a frame that makes the decoder forget all that was before
    PART = auto()  # of another frame
    LEAF = auto()  # of a frame from which no other is made
    ASIDE = auto()  # goes with its frame only: remarks, marks, filling
    OTHER = auto()


PARTS = frozenset({Unit.KEY, Unit.PART, Unit.LEAF})


class Units:
    """Reads packets of one video; of other codecs than these two it knows nothing."""

    def __init__(self, context: VideoCodecContext) -> None:
        extra, codec = context.extradata or b"", context.codec.canonical_name
        self._width, self._tells, self._read = 0, codec == "h264", READERS.get(codec)
        place = WIDTH.get(codec, len(extra))
        if extra[:1] == COUNTED and place < len(extra):
            self._width = (extra[place] & 3) + 1
            self._tells |= extra[place] >> 3 & 7 == ONE_LAYER  # a frame of another layer may be made from a leaf

    def begin_anew(self, packet: "Packet[VideoStream]") -> bool:
        """Whether the decoder forgets with this key frame all that was before; False where that is not known."""
        return next((unit for unit in self._of(packet) if unit in PARTS), None) is Unit.KEY

    def are_a_leaf(self, packet: "Packet[VideoStream]") -> bool:
        """Whether this packet can be left out as if it had never been; False where that is not known."""
        units = set(self._of(packet)) if self._tells else set()
        return Unit.LEAF in units and units <= {Unit.LEAF, Unit.ASIDE}

    def _of(self, packet: "Packet[VideoStream]") -> Generator[Unit]:
        if self._read is not None:
            content = bytes(packet)
            yield from map(self._read, _counted(content, self._width) if self._width else _marked(content))


def _counted(content: bytes, width: int) -> Generator[int]:
    """The first bytes of units each of which begins with its length."""
    place = 0
    while place + width < len(content):
        yield content[place + width]
        place += width + int.from_bytes(content[place : place + width], "big")
    if place != len(content):
        yield BROKEN


def _marked(content: bytes) -> Generator[int]:
    """The first bytes of units each of which stands behind a mark."""
    place = content.find(b"\0\0\1")
    while 0 <= place < len(content) - 3:
        yield content[place + 3]
        place = content.find(b"\0\0\1", place + 3)


def _of_264(first: int) -> Unit:
    kind, made_from = first & 31, first >> 5 & 3
    if kind in range(1, 5):
        return Unit.PART if made_from else Unit.LEAF
    return {5: Unit.KEY, 6: Unit.ASIDE, 9: Unit.ASIDE, 12: Unit.ASIDE}.get(kind, Unit.OTHER)


def _of_265(first: int) -> Unit:
    kind = first >> 1 & 63
    if kind in range(32):
        return Unit.LEAF if kind in range(0, 16, 2) else Unit.PART
    return Unit.ASIDE if kind in {35, 38, 39, 40} else Unit.OTHER


READERS: dict[str, Callable[[int], Unit]] = {"h264": _of_264, "hevc": _of_265}
