"""What packets tell of their frames is used where it can be relied on, and packets are the same without a decoder."""

from pathlib import Path
from typing import Any

import pytest
from av.packet import Packet

from image_tagger.domain.frames import EveryNth
from image_tagger.media.decoding import Reading, Tally
from image_tagger.media.demuxing import Limits, opened, reopened
from image_tagger.media.seeking import sought, survey
from image_tagger.media.tracks import Track
from image_tagger.media.units import Units
from tests.media.films import Film, written

LIMITS = Limits(10**8, 10**6, 1e6, threads=1)
PYRAMID = {"x265-params": "keyint=60:log-level=none:bframes=4:b-adapt=0"}
LAYERS = {"x265-params": "keyint=60:log-level=none:bframes=3:b-adapt=0:temporal-layers=3"}
FORMS = {".ts": "mpegts"}
FILMS = {
    "h264": (Film(), True),
    "hevc": (Film(codec="libx265", options=PYRAMID), True),
    "hevc in mkv": (Film(".mkv", "libx265", options=PYRAMID), True),
    "hevc in layers": (Film(codec="libx265", options=LAYERS), False),
    "hevc in ts": (Film(".ts", "libx265", options=PYRAMID), False),
    "vp9": (Film(".webm", "libvpx-vp9"), False),
}


def surveyed(reading: Reading) -> Track:
    steps = survey(reading, LIMITS)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        track: Track = end.value.track
        return track


def form(path: Path) -> str:
    return FORMS.get(path.suffix, path.suffix[1:])


@pytest.mark.parametrize("name", FILMS)
def test_a_frame_is_left_out_only_where_its_packet_tells_that_nothing_is_made_from_it(
    name: str, tmp_path: Path
) -> None:
    film, tells = FILMS[name]
    path, tally = written(film, tmp_path), Tally()
    with opened(path, form(path), LIMITS) as found:
        reading = Reading(found, tally)
        track = surveyed(reading)
    with opened(path, form(path), LIMITS) as found:
        picked = [raw for raw in sought(Reading(found, tally), track, track.wanted(EveryNth(59))) if raw]
    assert [raw.index for raw in picked] == [0, 59]
    assert (tally.decoded < 45) == tells
    assert tally.decoded <= 60


@pytest.mark.parametrize("film", [film for film, _ in FILMS.values()], ids=FILMS)
def test_the_packets_of_a_file_that_is_opened_again_are_the_same(film: Film, tmp_path: Path) -> None:
    path = written(film, tmp_path)
    with opened(path, form(path), LIMITS) as first, reopened(path, form(path), LIMITS) as again:
        before, after = (
            [(packet.pts, packet.is_keyframe, bytes(packet)) for packet in Reading(found, Tally()).packets()]
            for found in (first, again)
        )
        assert before == after
        assert len(before) == film.frames
        assert (again.stream.codec_context.pix_fmt is None) == (path.suffix != ".ts"), "a look costs as much as a frame"


def counted(*units: bytes) -> "Packet[Any]":
    """A packet of units as MP4 holds them: each behind its length."""
    return Packet(b"".join(len(unit).to_bytes(4, "big") + unit for unit in units))


SEI, LEAF, PART, IDR, PPS = (bytes([first]) + b"12345" for first in (0x06, 0x01, 0x41, 0x65, 0x68))


@pytest.mark.parametrize(
    ("packet", "leaf", "anew"),
    [
        (counted(LEAF), True, False),
        (counted(SEI, LEAF, LEAF), True, False),
        (counted(LEAF, PART), False, False),
        (counted(PPS, LEAF), False, False),
        (counted(SEI), False, False),
        (counted(SEI, IDR), False, True),
        (counted(PART, IDR), False, False),
        (Packet(bytes(counted(LEAF))[:-1]), False, False),
        (Packet(b"\0\0\0\xff" + LEAF), False, False),
    ],
)
def test_a_packet_is_left_out_only_where_all_of_it_is_a_frame_that_nothing_is_made_from(
    packet: "Packet[Any]", leaf: bool, anew: bool, tmp_path: Path
) -> None:
    with opened(written(Film(frames=1), tmp_path), "mp4", LIMITS) as found:
        units = Units(found.stream.codec_context)
        assert (units.are_a_leaf(packet), units.begin_anew(packet)) == (leaf, anew)
