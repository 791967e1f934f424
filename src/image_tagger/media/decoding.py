"""The packets of a video in the order they are stored, and the frames FFmpeg makes of them; damage is noted."""

from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from image_tagger.domain.errors import MediaTooLarge
from image_tagger.media.demuxing import Limits, Opened

SLACK = 0.5  # seconds that a file may be off in what it says of its length
USUAL_RATE = Fraction(25)  # frames per second of a video that tells neither times nor a rate

T = TypeVar("T")
Steps = Generator[T | None]  # None: not there yet, but others may have a turn


@dataclass(slots=True)
class Tally:
    """What became of one file: frames decoded, and whether something behind the first of them was lost."""

    decoded: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame as FFmpeg holds it: its number in the file, and when it comes on the screen."""

    index: int
    seconds: float
    frame: VideoFrame


class Reading:
    """One run through an opened video, decoded by its own decoder or by one that an opening before this brought."""

    def __init__(self, found: Opened, tally: Tally, context: VideoCodecContext | None = None) -> None:
        self.context = context or found.stream.codec_context
        self.codec = self.context.codec.canonical_name
        self.unit = found.stream.time_base or Fraction(1)
        self.rate = found.stream.average_rate or USUAL_RATE
        self.in_order = found.container.format.name == "avi"  # has no times for frames stored out of their order
        self._found = found
        self._ended_early = False
        self._begun = False  # a key frame has come; decoders hold it back for some packets
        self._reached = 0  # the time of decoding of the last packet: no frame that is shown before it is to come
        self._tally = tally

    @property
    def complete_until(self) -> int | None:
        """Where the end of the file is lost: of the frames shown later, some between them may be missing."""
        return self._reached if self._ended_early else None

    def packets(self) -> Generator["Packet[VideoStream]"]:
        """The packets in the order of decoding, until the file ends or cannot be read on."""
        number, end, expected = 0, 0, self._found.packets
        try:
            for packet in self._found.container.demux(self._found.stream):
                if packet.dts is None and not packet.size:  # what PyAV appends for decoders
                    break
                number += 1
                self._reached = packet.dts if packet.dts is not None else self._reached
                end = max(end, (packet.pts or 0) + (packet.duration or 0))
                yield packet
        except FFmpegError:
            self._ended_early = True
        self._ended_early |= self._found.cut or number < expected or self._lacks_seconds(end)
        self._tally.lost |= self._ended_early

    def _lacks_seconds(self, end: int) -> bool:
        """Whether a Matroska file, which does not number its frames, holds less than it says."""
        if "matroska" not in self._found.container.format.name or not self._found.alone:
            return False
        return float(end * self.unit) + SLACK < self._found.seconds

    def decode(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        """The frames that this packet completes, possibly none; with None all that are still inside."""
        lost = packet is not None and packet.is_corrupt and (self._begun or self._tally.decoded > 0)
        try:
            frames = self.context.decode(packet)
        except FFmpegError:
            lost, frames = lost or self._tally.decoded > 0, []
        self._tally.decoded += len(frames)
        self._tally.lost |= lost  # a broadcast begins anywhere: the packets before its first key frame are none
        self._begun |= packet is not None and packet.is_keyframe
        return frames

    def drain(self) -> list[VideoFrame]:
        """The frames that are still inside; behind them the decoder begins anew."""
        frames = self.decode(None)
        self.context.flush_buffers()
        return frames


def every_frame(reading: Reading, limits: Limits) -> Steps[Raw]:
    """All frames, numbered as they come. Raises MediaTooLarge beyond the limits."""
    first, seconds, index = None, 0.0, 0
    for frame in _frames(reading):
        if frame is None:
            yield None
            continue
        if frame.pts is None or reading.in_order:
            time = float(index / reading.rate)
        else:
            first = frame.pts if first is None else first
            time = float((frame.pts - first) * reading.unit)
        seconds = max(seconds, time)  # broken times never run backwards
        raw = Raw(index, seconds, frame)
        _check(raw, limits)
        yield raw
        index += 1


def _frames(reading: Reading) -> Steps[VideoFrame]:
    for packet in reading.packets():
        yield from reading.decode(packet)
        yield None
    for frame in reading.decode(None):
        if reading.complete_until is None or frame.pts is None or frame.pts <= reading.complete_until:
            yield frame


def _check(raw: Raw, limits: Limits) -> None:
    if raw.index >= limits.frames or raw.seconds > limits.seconds:
        raise MediaTooLarge(f"the video has more than {limits.frames} frames or {limits.seconds:.0f} seconds")
    if raw.frame.width * raw.frame.height > limits.frame_pixels:
        raise MediaTooLarge(f"a frame of the video has more than {limits.frame_pixels} pixels")
