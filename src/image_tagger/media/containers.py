"""Which files are videos, told by their first bytes."""

from typing import IO

SNIFFED = 1024  # bytes: more than four packets of a transport stream
STILL_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"msf1", b"miaf", b"MiHE"})
HEIF = b"he"  # how the other brands of pictures begin: heic, heix, heim, heis, hevc, hevx, hevm, hevs
ATOMS = frozenset({b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"})  # a QuickTime file may begin with these
QUICKTIME = b"qt  "
MATROSKA, WEBM = b"\x1a\x45\xdf\xa3", b"webm"
SYNC, PACKETS = b"G", 4
LAYOUTS = ((188, 0), (192, 4))  # bytes of one packet of a transport stream, and where in it the sync byte stands


def video_container(file: IO[bytes]) -> str | None:
    """`mp4`, `mov`, `mkv`, `webm`, `avi` or `mpegts`; None for everything else. Leaves the file at its beginning."""
    head = file.read(12)
    kind = head[4:8]
    if kind == b"ftyp":
        found = _of_brand(head[8:12])
    elif kind in ATOMS:
        found = "mov"
    elif head.startswith(MATROSKA):
        found = "webm" if WEBM in _more(file) else "mkv"
    elif head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        found = "avi"
    else:
        found = "mpegts" if SYNC in (head[:1], head[4:5]) and _is_transport_stream(head + _more(file)) else None
    file.seek(0)
    return found


def _of_brand(brand: bytes) -> str | None:
    if brand in STILL_BRANDS or brand.startswith(HEIF):
        return None
    return "mov" if brand == QUICKTIME else "mp4"


def _more(file: IO[bytes]) -> bytes:
    return file.read(SNIFFED)


def _is_transport_stream(head: bytes) -> bool:
    return any(all(head[first + n * size :][:1] == SYNC for n in range(PACKETS)) for size, first in LAYOUTS)
