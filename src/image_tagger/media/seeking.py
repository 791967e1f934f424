"""Only the frames that are picked, and only the packets they need: the packets are looked through before."""

from array import array
from collections import deque
from collections.abc import Container, Generator
from dataclasses import dataclass

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from image_tagger.domain.errors import MediaTooLarge
from image_tagger.media.decoding import Raw, Reading, Steps
from image_tagger.media.demuxing import Limits
from image_tagger.media.tracks import Track, Wanted
from image_tagger.media.units import Units

ONE_TO_ONE = frozenset({"h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg"})  # each packet of these is one frame
DROPPABLE = frozenset({"mpeg4"})  # the decoder knows of every packet if other frames are made from its frame
WHOLE_KEYS = frozenset({"vp9", "av1", "mjpeg"})  # a key frame makes these forget all that was before
ALL_KEYS = frozenset({"mjpeg"})
PACKETS = 500  # looked at in one step


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
    decoder = _Sparing(reading, wanted)
    for number, packet in enumerate(reading.packets()):
        if not stretches:
            break
        stretch = stretches[0]
        if number == stretch.first:
            yield from expected.among(decoder.begun(packet))
        if number >= stretch.first:
            if packet.pts is not None and packet.pts >= stretch.since:
                yield from expected.among(decoder.decoded(packet))
            yield None
        elif number % PACKETS == 0:
            yield None
        if number == stretch.last:
            stretches.popleft()
    yield from expected.among(reading.decode(None))
    expected.check_all_came()


class _Sparing:
    """Decodes stretches of packets, but not the frames that nobody needs, not even another frame."""

    def __init__(self, reading: Reading, wanted: Container[int | None]) -> None:
        self._reading = reading
        self._wanted = wanted
        self._units = Units(reading.context)
        self._used = False

    def begun(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The frames still inside, where they have to leave before the key frame that a stretch begins with.

        A key frame that the decoder may go on with as it is lets them stay: emptying it costs time with many threads.
        """
        whole = self._reading.codec in WHOLE_KEYS or self._units.begin_anew(packet)
        return self._reading.drain() if self._used and not whole else []

    def decoded(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The frames that this packet completes."""
        self._used, wanted = True, packet.pts in self._wanted
        if not wanted and self._units.are_a_leaf(packet):
            return []
        if self._reading.codec in DROPPABLE:
            self._reading.context.skip_frame = "DEFAULT" if wanted else "NONREF"
        return self._reading.decode(packet)


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
