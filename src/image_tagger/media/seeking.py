"""Only the frames that are picked, and only the packets they need: the packets are looked through before."""

from array import array
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from image_tagger.domain.errors import MediaTooLarge
from image_tagger.media.decoding import Raw, Reading, Steps
from image_tagger.media.demuxing import Limits
from image_tagger.media.tracks import Track, Wanted

ONE_TO_ONE = frozenset({"h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg"})  # each packet of these is one frame
DROPPABLE = frozenset({"h264", "mpeg4"})  # tell of every frame whether others are made from it
WHOLE_KEYS = frozenset({"vp9", "av1", "mjpeg"})  # a key frame makes these forget all that was before
ALL_KEYS = frozenset({"mjpeg"})
PACKETS = 500  # looked at in one step
IDR, SLICE = 5, 1  # kinds of units in a packet of H.264


class Astray(Exception):
    """A frame did not come out where the packets promised it; only decoding all of them can tell."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the packets of a file tell. The track is None where they do not tell enough to rely on."""

    frames: int
    seconds: float
    track: Track | None


def survey(reading: Reading, limits: Limits) -> Generator[None, None, Survey]:
    """Look through all packets, some at a time. Raises MediaTooLarge beyond the limits."""
    times, keys, stay, whole = array("q"), bytearray(), 0, True
    for number, packet in enumerate(reading.packets()):
        if number >= limits.frames:
            raise MediaTooLarge(f"the video has more than {limits.frames} frames")
        if number % PACKETS == 0:
            yield
        whole = whole and packet.pts is not None and not packet.is_discard and not packet.is_corrupt
        time = packet.pts if packet.pts is not None else packet.dts
        if time is not None and not packet.is_discard:
            times.append(time)
            keys.append(packet.is_keyframe)
            stay = packet.duration or stay
    if not times:
        return Survey(0, 0.0, None)
    track = Track(np.frombuffer(times, np.int64), np.frombuffer(keys, np.bool_), reading.unit, stay)
    track.complete_until = reading.complete_until
    if track.seconds > limits.seconds:
        raise MediaTooLarge(f"the video plays more than {limits.seconds:.0f} seconds")
    trusted = whole and track.whole and reading.codec in (ALL_KEYS if reading.in_order else ONE_TO_ONE)
    return Survey(len(times), track.seconds, track if trusted else None)


def sought(reading: Reading, track: Track, wanted: dict[int, Wanted]) -> Steps[Raw]:
    """The wanted frames, in order. Raises Astray where one of them does not come."""
    stretches, expected = deque(track.stretches(list(wanted))), _Expected(wanted)
    decoding = False
    for number, packet in enumerate(reading.packets()):
        if not stretches:
            break
        stretch = stretches[0]
        if number >= stretch.first:
            if number == stretch.first and decoding and not _starts_anew(reading, packet):
                yield from expected.among(reading.drain())
            if packet.pts is not None and packet.pts >= stretch.since:
                _skip(reading, needed=packet.pts in wanted)
                decoding = True
                yield from expected.among(reading.decode(packet))
            yield None
        elif number % PACKETS == 0:
            yield None
        if number == stretch.last:
            stretches.popleft()
    yield from expected.among(reading.decode(None))
    expected.check_all_came()


class _Expected:
    def __init__(self, wanted: dict[int, Wanted]) -> None:
        self._wanted = wanted
        self._left = deque(wanted)

    def among(self, frames: list[VideoFrame]) -> Generator[Raw]:
        for frame in frames:
            if frame.pts in self._wanted:
                if not self._left or self._left.popleft() != frame.pts:
                    raise Astray
                found = self._wanted[frame.pts]
                yield Raw(found.index, found.seconds, frame)

    def check_all_came(self) -> None:
        if self._left:
            raise Astray


def _skip(reading: Reading, *, needed: bool) -> None:
    """Let the decoder leave out this packet's frame where nobody needs it, not even another frame."""
    if reading.codec in DROPPABLE:
        reading.context.skip_frame = "DEFAULT" if needed else "NONREF"


def _starts_anew(reading: Reading, packet: "Packet[VideoStream]") -> bool:
    """Whether the decoder may go on with this key frame as it is: emptying it before costs time with many threads."""
    if reading.codec != "h264":
        return reading.codec in WHOLE_KEYS
    extra = reading.context.extradata or b""
    units = _counted_units(bytes(packet), (extra[4] & 3) + 1) if extra[:1] == b"\x01" else _marked_units(bytes(packet))
    return next((unit for unit in units if unit in {IDR, SLICE}), SLICE) == IDR


def _counted_units(content: bytes, width: int) -> Generator[int]:
    """The kinds of the units of a packet, each of which begins with its length."""
    place = 0
    while place + width < len(content):
        yield content[place + width] & 31
        place += width + int.from_bytes(content[place : place + width], "big")


def _marked_units(content: bytes) -> Generator[int]:
    """The kinds of the units of a packet, each of which stands behind a mark."""
    place = content.find(b"\0\0\1")
    while 0 <= place < len(content) - 3:
        yield content[place + 3] & 31
        place = content.find(b"\0\0\1", place + 3)
