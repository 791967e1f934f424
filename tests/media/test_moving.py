"""Files into other folders: nothing is lost, nothing is replaced, nothing leaves its folder."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.media.moving import Folder, Heading, How, Identity, Journal, Step, Way, candidates, place, undo
from image_tagger.media.moving.names import LONGEST
from image_tagger.media.moving.renaming import rename, rename_in_two_steps

RENAMES = [rename, rename_in_two_steps]


@dataclass(frozen=True, slots=True)
class Folders:
    root: Path
    source: Folder
    target: Folder

    def way(self, how: How = How.MOVE) -> Way:
        return Way(self.source, self.target, how, "mark")

    def content(self) -> dict[str, bytes]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    (tmp_path / "all").mkdir()
    (tmp_path / "dog").mkdir()
    with ExitStack() as opened:
        yield Folders(
            tmp_path,
            opened.enter_context(Folder.open(tmp_path / "all")),
            opened.enter_context(Folder.open(tmp_path / "dog")),
        )


def put(folders: Folders, name: str, content: bytes = b"picture") -> Path:
    file = folders.root / name
    file.write_bytes(content)
    return file


# Renaming


@pytest.mark.parametrize("renamed", RENAMES)
def test_renaming_moves_a_file_and_replaces_none(folders: Folders, renamed: object) -> None:
    assert callable(renamed)
    put(folders, "all/a.jpg", b"new")
    put(folders, "dog/taken.jpg", b"old")
    with pytest.raises(FileExistsError):
        renamed(folders.source.place("a.jpg"), folders.target.place("taken.jpg"))
    renamed(folders.source.place("a.jpg"), folders.target.place("free.jpg"))
    assert folders.content() == {"dog/free.jpg": b"new", "dog/taken.jpg": b"old"}
    with pytest.raises(FileNotFoundError):
        renamed(folders.source.place("a.jpg"), folders.target.place("other.jpg"))


def test_a_link_is_renamed_and_not_followed(folders: Folders) -> None:
    put(folders, "all/a.jpg")
    (folders.root / "all/link.jpg").symlink_to("a.jpg")
    for number, renamed in enumerate(RENAMES):
        source = folders.source if number == 0 else folders.target
        target = folders.target if number == 0 else folders.source
        renamed(source.place("link.jpg"), target.place("link.jpg"))
    assert (folders.root / "all/link.jpg").is_symlink()
    assert (folders.root / "all/a.jpg").exists()


# Folders


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "\0", "a\0b"])
def test_a_name_has_no_parts(folders: Folders, name: str) -> None:
    for asked in (folders.source.place, folders.source.within, folders.source.make, folders.source.status):
        with pytest.raises(ValueError, match="no parts"):
            asked(name)


def test_links_in_a_folder_lead_nowhere(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> None:
    (folders.root / "all/out").symlink_to(tmp_path_factory.mktemp("out"))
    put(folders, "all/file")
    for name in ("out", "file"):
        with pytest.raises(NotADirectoryError):
            folders.source.within(name)
    with pytest.raises(FileNotFoundError):
        folders.source.within("absent")


def test_only_plain_files_are_listed(folders: Folders) -> None:
    names = {"a.jpg", ".hidden", "ünï", os.fsdecode(b"no text \xff")}
    for name in names:
        put(folders, f"all/{name}")
    (folders.root / "all/below").mkdir()
    (folders.root / "all/link.jpg").symlink_to("a.jpg")
    os.mkfifo(folders.root / "all/pipe.jpg")
    assert set(folders.source.files()) == names
    assert set(folders.source.files()) == names  # again: listing leaves nothing behind


def test_a_folder_that_was_moved_is_still_the_same(folders: Folders) -> None:
    put(folders, "all/a.jpg")
    (folders.root / "all").rename(folders.root / "before")
    (folders.root / "all").mkdir()
    assert place(folders.way(), "a.jpg") == "a.jpg"
    assert folders.content() == {"dog/a.jpg": b"picture"}


# Names


def test_other_names_are_like_the_first() -> None:
    names = candidates("a photo.tar.gz")
    assert [next(names) for _ in range(3)] == ["a photo.tar.gz", "a photo.tar (2).gz", "a photo.tar (3).gz"]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 120 + ".jpg" * 3, os.fsdecode(b"\xff" * 251 + b".jpg")])
def test_other_names_are_no_longer_than_they_may_be(name: str) -> None:
    names = candidates(name)
    other = [next(names) for _ in range(12)]
    assert len(set(other)) == 12
    assert max(len(os.fsencode(one)) for one in other) <= LONGEST


# Placing


@pytest.mark.parametrize("how", How)
def test_a_file_gets_its_own_name_or_the_next_free_one(folders: Folders, how: How) -> None:
    put(folders, "dog/a.jpg", b"another")
    put(folders, "dog/a (2).jpg", b"picture")  # the same bytes, and still another file
    file = put(folders, "all/a.jpg")
    os.utime(file, ns=(1_000_000_007, 2_000_000_009))
    assert place(folders.way(how), "a.jpg") == "a (3).jpg"
    placed = folders.root / "dog/a (3).jpg"
    assert placed.read_bytes() == b"picture"
    assert placed.stat().st_mtime_ns == 2_000_000_009
    assert file.exists() == (how is not How.MOVE)
    assert placed.is_symlink() == (how is How.SYMLINK)
    assert (placed.stat().st_ino == file.stat().st_ino) if how in {How.HARDLINK, How.SYMLINK} else True
    assert len(list((folders.root / "dog").iterdir())) == 3


def test_a_file_that_is_gone_is_no_error(folders: Folders) -> None:
    assert [place(folders.way(how), "a.jpg") for how in How] == [None] * 4


def test_the_input_folder_takes_no_files(folders: Folders) -> None:
    put(folders, "all/a.jpg")
    with Folder.open(folders.root / "all") as same, pytest.raises(TaggerError, match="names the folder"):
        place(Way(folders.source, same), "a.jpg")
    assert folders.content() == {"all/a.jpg": b"picture"}


@pytest.mark.parametrize("how", How)
def test_links_and_pipes_are_not_sorted(folders: Folders, how: How) -> None:
    put(folders, "dog/mine.jpg")
    (folders.root / "all/link.jpg").symlink_to("../dog/mine.jpg")
    os.mkfifo(folders.root / "all/pipe.jpg")
    for name in ("link.jpg", "pipe.jpg"):
        with pytest.raises(TaggerError, match="no plain file"):
            place(folders.way(how), name)
    assert folders.content() == {"dog/mine.jpg": b"picture", "all/link.jpg": b"picture"}


@pytest.mark.parametrize("how", How)
def test_what_a_crash_left_is_finished(folders: Folders, how: How) -> None:
    file = put(folders, "all/a.jpg")
    (folders.root / "dog/a.jpg").hardlink_to(file)  # a move of two steps after the first one, or a link
    got = place(folders.way(how), "a.jpg")
    expected = {How.MOVE: "a.jpg", How.HARDLINK: "a.jpg"}.get(how, got)
    assert got == expected
    assert file.exists() == (how is not How.MOVE)
    assert (folders.root / "dog" / str(got)).read_bytes() == b"picture"


KILLED_WHILE_COPYING = """
import os, sys
from pathlib import Path
from image_tagger.media.moving import Folder, How, Way, place
source, target = (Folder.open(Path(name)) for name in sys.argv[1:3])
place(Way(source, target, How(sys.argv[3]), "mark"), "a.jpg", lambda *_: os._exit(9))
"""


@pytest.mark.parametrize("how", [How.COPY, How.SYMLINK])
def test_what_a_crash_left_of_a_copy_is_replaced(folders: Folders, how: How) -> None:
    put(folders, "all/a.jpg")
    paths = [str(folders.source.path), str(folders.target.path)]
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_COPYING, *paths, how], check=False)
    assert killed.returncode == 9
    (left,) = folders.target.path.iterdir()
    assert left.name.startswith(".mark-")
    assert place(folders.way(how), "a.jpg") == "a.jpg"
    assert folders.content() == {"all/a.jpg": b"picture", "dog/a.jpg": b"picture"}


def test_another_file_system_is_refused_for_moves(folders: Folders) -> None:
    memory = Path("/dev/shm")  # noqa: S108 - another file system, on most machines
    if not memory.is_dir() or memory.stat().st_dev == folders.root.stat().st_dev:
        pytest.skip("there is one file system only")
    elsewhere = memory / f"image-tagger-{os.getpid()}"
    elsewhere.mkdir()
    try:
        put(folders, "all/a.jpg")
        with Folder.open(elsewhere) as other:
            for how in (How.MOVE, How.HARDLINK):
                with pytest.raises(TaggerError, match="another file system"):
                    place(Way(folders.source, other, how), "a.jpg")
            assert place(Way(folders.source, other, How.COPY), "a.jpg") == "a.jpg"
        assert (elsewhere / "a.jpg").read_bytes() == b"picture"
        assert folders.content() == {"all/a.jpg": b"picture"}
    finally:
        for file in elsewhere.iterdir():
            file.unlink()
        elsewhere.rmdir()


def test_many_files_of_one_name_come_together(tmp_path: Path) -> None:
    (tmp_path / "dog").mkdir()
    for number in range(40):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "a.jpg").write_bytes(b"%d" % number)

    def move(number: int) -> str | None:
        with Folder.open(tmp_path / f"{number}") as source, Folder.open(tmp_path / "dog") as target:
            return place(Way(source, target), "a.jpg")

    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(move, range(40)))
    assert len(set(names)) == 40
    assert sorted(file.read_bytes() for file in (tmp_path / "dog").iterdir()) == sorted(b"%d" % n for n in range(40))


def test_two_jobs_that_want_the_same_file_get_it_once(folders: Folders) -> None:
    for number in range(100):
        put(folders, f"all/{number}.jpg", b"%d" % number)
    (folders.root / "cat").mkdir()
    with Folder.open(folders.root / "cat") as cat, ThreadPoolExecutor(2) as threads:
        ways = (folders.way(), Way(folders.source, cat))
        first, second = threads.map(lambda way: [place(way, f"{n}.jpg") for n in range(100)], ways)
    assert all((one is None) != (other is None) for one, other in zip(first, second, strict=True))
    assert sorted(folders.content().values()) == sorted(b"%d" % number for number in range(100))


# Journal and undoing


@pytest.fixture
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    return Journal(tmp_path_factory.mktemp("data") / "sorts" / "one.jsonl")


def sort_all(folders: Folders, journal: Journal, how: How = How.MOVE) -> None:
    """Everything in `all` into `dog`, with a journal."""
    journal.begin(Heading(folders.root / "all", folders.root, how))
    for name in sorted(folders.source.files()):
        place(folders.way(how), name, partial(write_step, journal, name))


def write_step(journal: Journal, file: str, name: str, what: Identity) -> None:
    journal.step(Step(file, "dog", name, what))


@pytest.mark.parametrize("how", How)
def test_a_sort_is_taken_back(folders: Folders, journal: Journal, how: How) -> None:
    for name in ("a.jpg", "b.jpg", os.fsdecode(b"no text \xff.jpg"), 'quo"te.jpg'):
        put(folders, f"all/{name}", os.fsencode(name))
    put(folders, "dog/a.jpg", b"was here before")
    before = folders.content()
    journal.begin(Heading(folders.root / "all", folders.root, how))
    journal.folder("dog")
    sort_all(folders, journal, how)
    assert len(folders.content()) == (5 if how is How.MOVE else 9)
    undone = undo(journal)
    assert (undone.files, undone.left) == (4, ())
    assert folders.content() == before
    assert journal.read().undone
    assert undo(journal).files == 0
    assert folders.content() == before


def test_folders_that_the_sort_made_go_when_they_are_empty(folders: Folders, journal: Journal) -> None:
    put(folders, "all/a.jpg")
    journal.begin(Heading(folders.root / "all", folders.root, How.MOVE))
    for name in ("dog", "cat"):
        journal.folder(name)
    (folders.root / "cat").mkdir()
    put(folders, "cat/mine.jpg")
    sort_all(folders, journal)
    undo(journal)
    assert sorted(path.name for path in folders.root.iterdir()) == ["all", "cat"]


@pytest.mark.parametrize("how", [How.MOVE, How.COPY])
def test_what_somebody_has_changed_stays(folders: Folders, journal: Journal, how: How) -> None:
    for name in ("a.jpg", "b.jpg"):
        put(folders, f"all/{name}")
    sort_all(folders, journal, how)
    put(folders, "dog/a.jpg", b"edited")
    undone = undo(journal)
    assert undone.files == 1
    assert folders.content()["dog/a.jpg"] == b"edited"
    assert [step.file for step, _ in undone.left] == (["a.jpg"] if how is How.MOVE else [])


def test_a_name_that_is_taken_again_is_not_replaced(folders: Folders, journal: Journal) -> None:
    put(folders, "all/a.jpg")
    sort_all(folders, journal)
    put(folders, "all/a.jpg", b"a new one")
    undone = undo(journal)
    assert [reason for _, reason in undone.left] == ["another file has its old name"]
    assert folders.content() == {"all/a.jpg": b"a new one", "dog/a.jpg": b"picture"}
    assert not journal.read().undone


@pytest.mark.parametrize("how", [How.COPY, How.HARDLINK])
def test_the_last_copy_is_never_removed(folders: Folders, journal: Journal, how: How) -> None:
    file = put(folders, "all/a.jpg")
    sort_all(folders, journal, how)
    file.unlink()
    assert len(undo(journal).left) == 1
    assert folders.content() == {"dog/a.jpg": b"picture"}


@pytest.mark.parametrize("how", [How.COPY, How.HARDLINK])
def test_the_only_copy_of_what_was_edited_since_is_never_removed(folders: Folders, journal: Journal, how: How) -> None:
    file = put(folders, "all/a.jpg")
    sort_all(folders, journal, how)
    put(folders, "all/edited", b"PICTURE").rename(file)  # as editors save: another file under the old name
    assert len(undo(journal).left) == 1
    assert folders.content() == {"all/a.jpg": b"PICTURE", "dog/a.jpg": b"picture"}


def test_a_copy_goes_where_only_the_time_of_the_original_differs(folders: Folders, journal: Journal) -> None:
    file = put(folders, "all/a.jpg")
    sort_all(folders, journal, How.COPY)
    os.utime(file, (1, 1))
    assert undo(journal).left == ()
    assert folders.content() == {"all/a.jpg": b"picture"}


def test_a_name_that_goes_because_a_link_is_there_already_is_announced(folders: Folders, journal: Journal) -> None:
    put(folders, "all/a.jpg")
    place(folders.way(How.HARDLINK), "a.jpg")
    sort_all(folders, journal)
    assert folders.content() == {"dog/a.jpg": b"picture"}
    assert undo(journal).left == ()
    assert folders.content() == {"all/a.jpg": b"picture"}


def test_a_step_that_was_announced_and_not_taken_changes_nothing(folders: Folders, journal: Journal) -> None:
    file = put(folders, "all/a.jpg")
    put(folders, "dog/a.jpg", b"somebody else's")
    journal.begin(Heading(folders.root / "all", folders.root, How.MOVE))
    journal.step(Step("a.jpg", "dog", "a.jpg", Identity.of(file.stat())))
    journal.step(Step("a.jpg", "cat", "a.jpg", Identity.of(file.stat())))
    undone = undo(journal)
    assert (undone.files, undone.left) == (0, ())
    assert folders.content() == {"all/a.jpg": b"picture", "dog/a.jpg": b"somebody else's"}


def test_a_torn_line_is_passed_over_wherever_it_is(folders: Folders, journal: Journal) -> None:
    put(folders, "all/a.jpg")
    journal.begin(Heading(folders.root / "all", folders.root, How.MOVE))
    for torn in (b'{"file": "b.j', b'{"file": "c\xff'):
        with journal.file.open("ab") as lines:
            lines.write(torn)
    sort_all(folders, journal)
    assert [step.file for step in journal.read().steps] == ["a.jpg"]
    assert len(journal.steps_of("a.jpg")) == 1
    assert undo(journal).files == 1


@pytest.mark.parametrize(
    "text", [b"", b"{}\n", b"\x00\xff\n", b'{"sort": 2}\n', b'{"sort": 1, "source": 7}\n', b"[]\n"]
)
def test_another_file_is_no_journal(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "file.jsonl").write_bytes(text)
    with pytest.raises(InvalidRequest, match="no journal"):
        undo(Journal(tmp_path / "file.jsonl"))


def test_a_journal_that_cannot_be_written_stops_the_move(folders: Folders) -> None:
    put(folders, "all/a.jpg")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(TaggerError, match="No space left"):
        place(folders.way(), "a.jpg", full)
    with pytest.raises(TaggerError, match="No space left"):
        place(folders.way(How.COPY), "a.jpg", full)
    assert folders.content() == {"all/a.jpg": b"picture"}
