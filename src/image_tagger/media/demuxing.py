"""Opening videos from strangers with FFmpeg: a few formats and codecs, no other file, no network, no surprise size."""

import io
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.media.ends import is_cut
from image_tagger.media.samples import check_samples

DEMUXERS = {"mp4": "mov", "mov": "mov", "mkv": "matroska", "webm": "matroska", "avi": "avi", "mpegts": "mpegts"}
CODECS = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "h263", "mpeg1video", "mpeg2video", "prores"}
)
DECODERS = CODECS | {"libdav1d"}
PLAIN = frozenset({"mov", "matroska"})  # tell of every packet all that is asked of it, without a look at frames
DURATION = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,12})?)")  # of one stream, where Matroska tells it
BUFFER = 64 * 1024  # bytes read at a time
LARGEST = 36_000_000  # pixels, 8192 x 4320 with a little room: decoders keep up to 17 frames in memory
BORDERS = 1 << 20  # pixels
MOST_THREADS = 4  # more hardly decode faster, and each holds a frame
NO_CODEC = "none"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most pixels of one frame, frames, seconds of playing time, and threads that decode."""

    pixels: int
    frames: int
    seconds: float
    threads: int

    @property
    def frame_pixels(self) -> int:
        """What `pixels` comes to for a video."""
        return min(self.pixels, LARGEST)

    @property
    def decoder_pixels(self) -> int:
        """What FFmpeg may take memory for; it counts with borders, so this stands behind the exact limit."""
        return 4 * self.frame_pixels + BORDERS


@dataclass(frozen=True, slots=True)
class Opened:
    """A container and the video stream of it that is read; `cut` where the file is shorter than it says."""

    container: InputContainer
    stream: VideoStream
    cut: bool

    @property
    def alone(self) -> bool:
        """Whether what the file says of its length is said of this stream."""
        return len(self.container.streams) == 1 or "DURATION" in self.stream.metadata

    @property
    def packets(self) -> int:
        """How many packets it says there are, without those that the edit list of an MP4 leaves out; 0 if unsaid."""
        frames = self.stream.frames
        return min(frames, len(self.stream.index_entries)) if self._may_be_edited else frames

    @property
    def frames(self) -> int:
        """How many frames it says there are to be shown; 0 where it does not say."""
        frames = self.stream.frames
        if not frames or not self._may_be_edited:
            return frames
        return sum(not entry.is_discard for entry in self.stream.index_entries) or frames

    @property
    def _may_be_edited(self) -> bool:
        return self.container.format.name.startswith("mov")

    @property
    def seconds(self) -> float:
        """How long it says it plays; 0 where it does not say."""
        stream, whole = self.stream, self.container.duration
        tag = DURATION.fullmatch(stream.metadata.get("DURATION", ""))
        if tag:
            return float(tag[1]) * 3600 + float(tag[2]) * 60 + float(tag[3])
        if stream.duration and stream.time_base:
            return max(0.0, float(stream.duration * stream.time_base))
        return max(0.0, (whole or 0) / av.time_base)


@contextmanager
def opened(content: bytes | Path, form: str, limits: Limits) -> Generator[Opened]:
    """The file, opened as the format that was found; closed at the end.

    Raises InvalidMedia for a file without a video that is read here, MediaTooLarge beyond the limits.
    """
    with _file(content) as file:
        cut = is_cut(file, form)
        if DEMUXERS[form] == "mov":
            check_samples(file, limits.frames)
        with _container(file, form, limits) as container:
            found = Opened(container, _stream(container), cut)
            _check(found, limits)
            _set_up(found.stream, limits)
            yield found


@contextmanager
def reopened(content: bytes | Path, form: str, limits: Limits) -> Generator[Opened]:
    """A file that was opened before, only for its packets: FFmpeg decodes none to see what they are, where it can.

    That look costs as much as a key frame. Raises InvalidMedia.
    """
    plain = DEMUXERS[form] in PLAIN
    with _file(content) as file, _container(file, form, limits, codecs=NO_CODEC if plain else None) as container:
        yield Opened(container, _stream(container), cut=False)


def _set_up(stream: VideoStream, limits: Limits) -> None:
    context = stream.codec_context
    context.options = {"max_pixels": str(limits.decoder_pixels)}
    context.thread_type = "AUTO"
    threads = min(limits.threads, MOST_THREADS)
    context.thread_count = threads + 1 if threads > 1 else 1  # one of them always waits for who reads


def _file(content: bytes | Path) -> io.BytesIO | io.BufferedReader:
    try:
        return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    except OSError as error:
        raise InvalidMedia("the file cannot be opened") from error


def _container(
    file: io.BytesIO | io.BufferedReader, form: str, limits: Limits, codecs: str | None = None
) -> InputContainer:
    options = {
        "protocol_whitelist": "none",  # a file may name others, for its tracks or keys; none of them is opened
        "codec_whitelist": codecs or ",".join(sorted(DECODERS)),
        "max_pixels": str(limits.decoder_pixels),  # also for the first look that FFmpeg takes at the streams
    }
    try:
        return av.open(file, "r", format=DEMUXERS[form], options=options, buffer_size=BUFFER)
    except Exception as error:  # on broken bytes FFmpeg raises errors of many kinds, and reading may fail as well
        raise InvalidMedia("the file is no video, or a broken one") from error


def _stream(container: InputContainer) -> VideoStream:
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.disposition & Disposition.attached_pic:
        raise InvalidMedia("the file holds no video")
    if stream.codec_context is None or stream.codec_context.codec.canonical_name not in CODECS:
        raise InvalidMedia("the file holds a video of a kind that is not read")
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    return stream


def _check(found: Opened, limits: Limits) -> None:
    stream, most = found.stream, limits.frame_pixels
    if stream.width < 1 or stream.height < 1:
        raise InvalidMedia("the file is no video, or a broken one")
    if stream.width * stream.height > most:
        raise MediaTooLarge(f"the video has {stream.width} x {stream.height} pixels; at most {most} are accepted")
    if found.seconds > limits.seconds:
        raise MediaTooLarge(f"the video plays {found.seconds:.0f} s; at most {limits.seconds:.0f} s are accepted")
    if stream.frames > limits.frames:
        raise MediaTooLarge(f"the video has {stream.frames} frames; at most {limits.frames} are accepted")
