"""What `image-tagger duplicates` does: files by size, by content, by fingerprint; the groups to standard output."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

from image_tagger.cli.output import printable, standard_output, visible, writing
from image_tagger.cli.pictures import VIDEOS, find_pictures
from image_tagger.cli.progress import Progress
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.queries import Upload
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.fingerprints import content_hash, file_fingerprint
from image_tagger.media.neighbours import groups
from image_tagger.settings import Settings, read_settings

AT_A_TIME = 512  # files handed to the threads, so that a million of them do not wait there

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Alike:
    """Files of one group. differing: for each, how many bits of its fingerprint differ from the first one's."""

    files: tuple[Path, ...]
    differing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Groups of two files and more: of the same bytes, and of the same looks."""

    exact: tuple[tuple[Path, ...], ...]
    near: tuple[Alike, ...]


@dataclass(slots=True)
class _Search:
    """Files read with several threads; what cannot be read is said and counted."""

    threads: ThreadPoolExecutor
    progress: Progress
    failed: int = field(default=0)

    def each(self, read: Callable[[Path], T], files: Iterable[Path]) -> Iterator[tuple[Path, T]]:
        """Every file with what is read of it."""
        waiting = iter(files)
        while some := list(islice(waiting, AT_A_TIME)):
            for file, result in zip(some, self.threads.map(lambda file: _tried(read, file), some), strict=True):
                if isinstance(result, TaggerError):
                    self.say(file, result)
                else:
                    yield file, result

    def say(self, file: Path, error: TaggerError) -> None:
        self.failed += 1
        self.progress.say(f"image-tagger: {visible(str(file))}: {error}")


def compare_all(folder: Path, near: int | None, *, as_json: bool) -> int:
    """Compare all pictures and films of a folder; answer how many could not be read.

    near: how many bits of the fingerprints of what looks alike may differ; None does not look for it. Raises
    InvalidRequest for wrong settings.
    """
    settings = read_settings()
    pictures = find_pictures([str(folder)], recursive=True, limit=settings.max_media_bytes)
    with ThreadPoolExecutor(settings.threads) as threads, Progress(len(pictures)) as progress:
        search = _Search(threads, progress)
        files = list[Path]()
        for picture in pictures:
            if isinstance(picture.media, Upload):
                files.append(Path(picture.name))
            elif isinstance(picture.media, TaggerError):
                search.say(Path(picture.name), picture.media)
        exact = _of_the_same_bytes(search, files)
        alike = () if near is None else _alike(search, _firsts(files, exact), near, _decoder(settings))
    _write(standard_output(), Found(exact, alike), folder, as_json=as_json)
    return search.failed


def _of_the_same_bytes(search: _Search, files: list[Path]) -> tuple[tuple[Path, ...], ...]:
    """Only files of the same size are read. Two names of one file (hard links) are one file here."""
    sizes = defaultdict[int, dict[tuple[int, int], Path]](dict)
    for file, status in search.each(lambda file: file.stat(), files):
        sizes[status.st_size].setdefault((status.st_dev, status.st_ino), file)
    several = [file for same in sizes.values() if len(same) > 1 for file in same.values()]
    hashes = defaultdict[str, list[Path]](list)
    for file, digest in search.each(content_hash, several):
        hashes[digest].append(file)
    return tuple(sorted(tuple(same) for same in hashes.values() if len(same) > 1))


def _firsts(files: list[Path], exact: tuple[tuple[Path, ...], ...]) -> list[Path]:
    """One of each files of the same bytes, and no films."""
    others = {file for same in exact for file in same[1:]}
    return [file for file in files if file not in others and file.suffix.lower() not in VIDEOS]


def _alike(search: _Search, files: list[Path], near: int, decoder: Decoder) -> tuple[Alike, ...]:
    known = dict[Path, int]()
    for file, found in search.each(lambda file: file_fingerprint(decoder, file), files):
        search.progress.advance()
        if found is not None:
            known[file] = found
    names = list(known)
    return tuple(_group([names[place] for place in group], known) for group in groups([*known.values()], near))


def _group(files: list[Path], known: Mapping[Path, int]) -> Alike:
    return Alike(tuple(files), tuple((known[file] ^ known[files[0]]).bit_count() for file in files))


def _tried(read: Callable[[Path], T], file: Path) -> T | TaggerError:
    try:
        return read(file)
    except TaggerError as error:
        return error
    except OSError as error:
        return TaggerError(f"it cannot be read: {error.strerror}")


def _decoder(settings: Settings) -> Decoder:
    return Decoder(Budget(settings.max_media_bytes, settings.max_pixels, settings.max_frames))


def _write(to: TextIO, found: Found, folder: Path, *, as_json: bool) -> None:
    with writing():
        to.write(json.dumps(_wire(found, folder), indent=1) + "\n" if as_json else "".join(_lines(found)))
        to.flush()


def _wire(found: Found, folder: Path) -> dict[str, Any]:
    near = [
        [{"file": printable(str(file)), "differing": bits} for file, bits in zip(one.files, one.differing, strict=True)]
        for one in found.near
    ]
    exact = [[printable(str(file)) for file in same] for same in found.exact]
    return {"folder": printable(str(folder)), "exact": exact, "near": near}


def _lines(found: Found) -> Iterator[str]:
    for same in found.exact:
        yield f"the same bytes, {len(same)} files:\n"
        yield from (f"  {visible(str(file))}\n" for file in same)
    for one in found.near:
        yield f"alike, {len(one.files)} pictures:\n"
        for file, bits in zip(one.files, one.differing, strict=True):
            yield f"  {visible(str(file))}{f' ({bits} bits differ)' if bits else ''}\n"
    if not (found.exact or found.near):
        yield "no duplicates\n"
