"""How many samples an MP4 says it has, counted before FFmpeg takes memory for each: a few bytes can say a billion."""

import io
import zlib
from dataclasses import dataclass, field
from typing import IO

import numpy as np

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.media.boxes import HEADER, boxes

CONTAINERS = frozenset(
    {b"moov", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta", b"mvex", b"tref", b"sinf", b"schi", b"ilst"}
)
HIDDEN = frozenset({b"free", b"hoov"})  # FFmpeg takes them for tables of contents where they look like one
CLOSED = frozenset({b"stsd", b"iprp"})  # FFmpeg looks for boxes in them, too, but no list belongs there
SIZES = frozenset({b"stsz", b"stz2"})
LISTS = SIZES | {b"stts", b"ctts", b"stsc", b"stco", b"co64", b"stss", b"stps", b"elst", b"senc"}
IN_FRAGMENTS = b"trun", b"senc"
DEEPEST = 10  # as in FFmpeg
MOST_BOXES = 1_000_000  # two seconds
MOST_OTHERS = 4_000_000  # samples besides those of the video: a day of sound
MOST_READ = 64 << 20  # bytes of one box
BEYOND = 16  # bytes that FFmpeg reads even of a shorter box
TOGETHER = 512  # samples of plain sound, or more, are one to FFmpeg


@dataclass(slots=True)
class _Track:
    """What a track says: how long its lists are, what it is, which samples stand together, and if all last one tick."""

    lengths: dict[bytes, int] = field(default_factory=dict)
    kinds: set[bytes] = field(default_factory=set)
    groups: bytes = b""
    ticks: bool = True

    @property
    def samples(self) -> int:
        """How many FFmpeg takes memory for."""
        if b"soun" in self.kinds and b"vide" not in self.kinds and self.ticks and b"stts" in self.lengths:
            return self._of_plain_sound()
        return max(self.lengths.get(kind, 0) for kind in SIZES)

    def _of_plain_sound(self) -> int:
        whole = self.groups[: len(self.groups) // 12 * 12]
        firsts, counts = np.frombuffer(whole, ">u4").reshape(-1, 3)[:, :2].T.astype(np.float64)
        chunks = max(self.lengths.get(b"stco", 0), self.lengths.get(b"co64", 0))
        runs = np.diff(firsts, append=chunks + 1.0)
        return int((np.abs(runs) * np.ceil(counts / TOGETHER)).sum())


def check_samples(file: IO[bytes], most: int) -> None:
    """Raises MediaTooLarge for more than `most` frames or very many other samples, InvalidMedia for too many boxes.

    Leaves the file at its beginning.
    """
    _Count(most).within(file, 0, file.seek(0, io.SEEK_END))
    file.seek(0)


class _Count:
    """Goes through the boxes as FFmpeg does and adds up."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_all = most + MOST_OTHERS
        self._boxes = self._samples = self._depth = 0

    def within(self, file: IO[bytes], begin: int, end: int, track: _Track | None = None) -> None:
        """All boxes between two places of the file; `track` is the one they are in."""
        self._depth += 1
        for kind, start, stop in boxes(file, begin, end):
            self._boxes += 1
            if self._boxes > MOST_BOXES or self._depth > DEEPEST:
                raise InvalidMedia("the file is cut into too many pieces")
            if kind in LISTS or kind in CLOSED or kind == b"hdlr":
                self._leaf(file, kind, (start, stop), track)
            else:
                self._box(file, kind, (start, stop), track)
        self._depth -= 1

    def _box(self, file: IO[bytes], kind: bytes, place: tuple[int, int], track: _Track | None) -> None:
        start, stop = place
        if kind in CONTAINERS or (kind in HIDDEN and _content(file, start, start + HEADER)[4:] in {b"mvhd", b"cmov"}):
            self.within(file, start, stop, track)
        elif kind == b"trak":
            inner = _Track()
            self.within(file, start, stop, inner)
            self._add(inner)
        elif kind == b"meta":  # FFmpeg looks for the first box in it
            begin = _content(file, start, stop).find(b"hdlr") - 4
            self.within(file, start + max(begin, 0), stop, track)
        elif kind == b"moof":
            self._take(_in_fragment(_content(file, start, stop + BEYOND)))
        elif kind == b"cmov":
            content = _unpacked(_content(file, start, stop))
            self.within(io.BytesIO(content), 0, len(content), track)

    def _leaf(self, file: IO[bytes], kind: bytes, place: tuple[int, int], track: _Track | None) -> None:
        start, _ = place
        if kind in CLOSED:
            content = _content(file, *place)
            if any(name in content for name in LISTS):
                raise InvalidMedia("the file is no video, or a broken one")
        elif track is not None:
            head = _content(file, start, start + BEYOND).ljust(BEYOND, b"\0")
            if kind == b"hdlr":
                track.kinds.add(head[8:12])
                return
            length = int.from_bytes(head[8:12] if kind in SIZES else head[4:8], "big")
            if kind not in SIZES:
                self._check(length, self._most_of_all)
            track.lengths[kind] = max(length, track.lengths.get(kind, 0))
            if kind == b"stts":
                track.ticks &= length == 1 and head[12:] == b"\0\0\0\1"
            elif kind == b"stsc":
                track.groups += _content(file, start + 8, start + 8 + 12 * length)

    def _add(self, track: _Track) -> None:
        if b"vide" in track.kinds:
            self._check(track.samples, self._most)
        self._take(track.samples)
        self._check(track.samples * track.lengths.get(b"elst", 0), 2 * self._most_of_all)  # each may repeat all

    def _take(self, samples: int) -> None:
        self._samples += samples
        self._check(self._samples, self._most_of_all)

    def _check(self, samples: int, most: int) -> None:
        if samples > most:
            raise MediaTooLarge(f"the video has {samples} frames, or samples of a track; at most {most} are accepted")


def _content(file: IO[bytes], start: int, stop: int) -> bytes:
    if stop - start > MOST_READ:
        raise InvalidMedia("the file is no video, or a broken one")
    file.seek(start)
    return file.read(max(stop - start, 0))


def _in_fragment(content: bytes) -> int:
    """How many samples the runs of a fragment have, together; it would take long to go through its boxes one by one."""
    total = 0
    for name in IN_FRAGMENTS:
        place = content.find(name)
        while place >= 0:
            total += int.from_bytes(content[place + 8 : place + 12], "big")
            place = content.find(name, place + 4)
    return total


def _unpacked(content: bytes) -> bytes:
    """The table of contents of old QuickTime files, packed by zlib behind 24 bytes of headers."""
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(content[24:], MOST_READ)
    except zlib.error as error:
        raise InvalidMedia("the file is no video, or a broken one") from error
    if unpacking.unconsumed_tail:
        raise InvalidMedia("the file is no video, or a broken one")
    return found
