"""`image-tagger sort`: files into folders of their classes, with a pause, a crash, and all the way back."""

import hashlib
import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.command import ended, run, started
from tests.cli.conftest import Tagger
from tests.pictures import jpeg

LETTERS = "a,e,i,o,u"  # of which every picture's labels have some
MANY = 300

Files = dict[str, bytes]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def photos(home: Path) -> Path:
    return filled(home / "photos", 6)


def filled(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(jpeg(48, 32, seed=number))
    return folder


def content(folder: Path) -> Files:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def hashes(folder: Path) -> list[str]:
    return sorted(hashlib.sha256(picture).hexdigest() for picture in content(folder).values())


def by_letter(tagger: Tagger, *arguments: str) -> None:
    outcome = tagger("sort", *arguments, "--classes", LETTERS, "--match", "substring")
    assert (outcome.status, outcome.err) == (0, "")


def test_pictures_are_moved_and_brought_back(tagger: Tagger, photos: Path) -> None:
    (photos / "notes.txt").write_text("mine")
    (photos / ".hidden.jpg").write_bytes(jpeg(48, 32))
    (photos / "below").mkdir()
    (photos / "below" / "0.jpg").write_bytes(jpeg(48, 32))
    before = content(photos)
    by_letter(tagger, str(photos))
    after = content(photos)
    moved = {place for place in after if place not in before}
    assert len(moved) == 6
    assert {Path(place).parent.name for place in moved} <= set(LETTERS.split(","))
    assert hashes(photos) == sorted(hashlib.sha256(picture).hexdigest() for picture in before.values())
    outcome = tagger("sort", "--undo", "last")
    assert (outcome.status, outcome.out, outcome.err) == (0, "taken back: 6\n", "")
    assert content(photos) == before
    assert [path.name for path in photos.iterdir() if path.is_dir()] == ["below"]
    outcome = tagger("sort", "--undo", "last")
    assert (outcome.status, outcome.err) == (1, "image-tagger: there is no sort that could be undone\n")


def test_classes_are_found_by_meaning(tagger: Tagger, home: Path, shared_data: Path) -> None:
    (home / "photos").mkdir()
    for name in ("cc_coffee.png", "cc_rocket.jpg"):
        (home / "photos" / name).write_bytes((shared_data / "photos" / name).read_bytes())
    outcome = tagger("sort", "photos", "--classes", "vehicle,drinks", "--into", "sorted")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("vehicle: 0\ndrinks: 1\n(of no class): 1\n")
    assert set(content(home / "sorted")) == {"drinks/cc_coffee.png"}
    assert set(content(home / "photos")) == {"cc_rocket.jpg"}


def test_a_dry_run_touches_nothing(tagger: Tagger, photos: Path, home: Path) -> None:
    before = content(photos)
    shown = tagger("sort", str(photos), "--classes", LETTERS, "--match", "substring", "--dry-run")
    assert (shown.status, shown.err) == (0, "")
    assert content(photos) == before
    assert not (home / "data").exists() or not list((home / "data").rglob("*.jsonl"))
    by_letter(tagger, str(photos))
    rows = [line.split() for line in shown.out.splitlines()[1:7]]
    assert {row[1] for row in rows} == {place for place in content(photos) if place not in before}


@pytest.mark.parametrize("how", ["copy", "hardlink", "symlink"])
def test_files_can_stay_where_they_are(tagger: Tagger, photos: Path, home: Path, how: str) -> None:
    before = content(photos)
    by_letter(tagger, str(photos), f"--{how}", "--into", "sorted")
    assert content(photos) == before
    placed = content(home / "sorted")
    assert {Path(place).name: picture for place, picture in placed.items()} == before
    assert all((home / "sorted" / place).is_symlink() == (how == "symlink") for place in placed)
    assert tagger("sort", "--undo", "last").status == 0
    assert content(photos) == before
    assert list((home / "sorted").iterdir()) == []


def test_sorting_twice_keeps_both_files(tagger: Tagger, photos: Path) -> None:
    by_letter(tagger, str(photos))
    first = content(photos)
    for number in range(6):
        (photos / f"{number:03}.jpg").write_bytes(jpeg(48, 32, seed=number))
    by_letter(tagger, str(photos))
    assert first.items() <= content(photos).items()
    others = {place for place in content(photos) if place not in first}
    assert {Path(place).name for place in others} == {f"{number:03} (2).jpg" for number in range(6)}


@pytest.mark.parametrize("how", ["--move", "--copy", "--hardlink", "--symlink"])
def test_sidecars_go_with_their_pictures(tagger: Tagger, photos: Path, how: str) -> None:
    for file in ("000.jpg", "001.jpg"):
        (photos / f"{file}.xmp").write_text(f"edits of {file}")
    (photos / "002.xmp").write_text("perhaps of another 002")
    before = content(photos)
    by_letter(tagger, str(photos), *([] if how == "--move" else [how]))
    for file in ("000.jpg", "001.jpg"):
        assert [path.name for path in next(photos.glob(f"*/{file}")).parent.glob(f"{file}.xmp")] == [f"{file}.xmp"]
        assert next(photos.glob(f"*/{file}.xmp")).read_text() == f"edits of {file}"
    assert (photos / "002.xmp").exists()
    assert (photos / "000.jpg.xmp").exists() == (how != "--move")
    assert tagger("sort", "--undo", "last").out == "taken back: 8\n"
    assert content(photos) == before


def test_a_picture_takes_no_name_that_its_sidecar_cannot_follow(tagger: Tagger, photos: Path) -> None:
    by_letter(tagger, str(photos))
    [moved] = photos.glob("*/000.jpg")
    (photos / "000.jpg").write_bytes(moved.read_bytes())
    moved.rename(photos / "away.gif")  # its name is free, that of its sidecar is not
    (moved.parent / "000.jpg.xmp").write_text("of one that is gone")
    (photos / "000.jpg.xmp").write_text("mine")
    by_letter(tagger, str(photos))
    assert not moved.exists()
    assert (moved.parent / "000.jpg.xmp").read_text() == "of one that is gone"
    assert (moved.parent / "000 (2).jpg").exists()
    assert (moved.parent / "000 (2).jpg.xmp").read_text() == "mine"


def test_what_cannot_be_read_stays_and_is_said(tagger: Tagger, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"no picture")
    outcome = tagger("sort", str(photos), "--classes", LETTERS, "--match", "substring")
    assert outcome.status == 1
    assert outcome.err.startswith("image-tagger: broken.jpg: ")
    assert (photos / "broken.jpg").read_bytes() == b"no picture"
    assert "(could not be sorted): 1\n" in outcome.out


def test_a_journal_can_be_named(tagger: Tagger, photos: Path, home: Path) -> None:
    before = content(photos)
    by_letter(tagger, str(photos))
    (journal,) = (home / "data" / "sorts").glob("*.jsonl")
    assert json.loads(journal.read_text().splitlines()[0])["source"] == str(photos)
    assert tagger("sort", "--undo", str(journal)).status == 0
    assert content(photos) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the FOLDER"),
        (["."], "--classes must name"),
        ([".", "--classes", " , "], "--classes must name"),
        ([".", "--classes", "dog", "--copy", "--symlink"], "choose one of"),
        (["--resume", "--undo", "last"], "choose one of"),
        (["--resume", "--classes", "dog"], "take no --classes"),
        (["--resume", "--dry-run"], "take no --dry-run"),
        (["--undo", "last", "--dry-run"], "take no --dry-run"),
        ([".", "--undo", "last"], "take no FOLDER"),
        (["--resume", "--copy"], "take no --copy"),
    ],
)
def test_mistakes_are_told(tagger: Tagger, home: Path, arguments: list[str], said: str) -> None:
    outcome = tagger("sort", *arguments)
    assert outcome.status == 2
    assert said in " ".join(outcome.err.split())
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["photos", "--classes", "dog,unicorn"], "the model 'starter' has no label for unicorn"),
        (["photos", "--classes", "../dog"], "'../dog' cannot be a class"),
        (["photos", "--classes", "dog", "--model", "absent"], "absent"),
        (["--resume"], "there is no sort that could go on"),
        (["--undo", "absent.jsonl"], "there is no such journal"),
    ],
)
def test_what_cannot_be_done_is_told(tagger: Tagger, photos: Path, arguments: list[str], said: str) -> None:
    before = content(photos)
    outcome = tagger("sort", *arguments)
    assert outcome.status == 1
    assert said in outcome.err
    assert content(photos) == before


def until_moved(photos: Path, least: int) -> None:
    over = time.monotonic() + 60
    while len(list(photos.glob("*/*.jpg"))) < least:
        assert time.monotonic() < over
        time.sleep(0.002)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_sort_that_was_cut_short_goes_on(home: Path, end: signal.Signals) -> None:
    photos = filled(home / "photos", MANY)
    for picture in photos.glob("*.jpg"):
        (photos / f"{picture.name}.xmp").write_text(picture.name)
    before, data = content(photos), str(home / "data")
    arguments = ("sort", str(photos), "--classes", LETTERS, "--match", "substring")
    with started(*arguments, image_tagger_data_dir=data) as process:
        until_moved(photos, 5)
        outcome = ended(process, end)
    whole = hashes(photos)
    assert len(list(photos.glob("*.jpg"))) > 0
    assert len(whole) == 2 * MANY == len(set(whole))
    if end is signal.SIGINT:
        assert (outcome.status, outcome.err) == (130, "image-tagger: paused; go on with: image-tagger sort --resume\n")
    resumed = run("sort", "--resume", image_tagger_data_dir=data)
    assert (resumed.status, resumed.err) == (0, "")
    assert hashes(photos) == whole
    assert list(photos.glob("*.jpg*")) == []
    assert all((file.parent / file.stem).exists() for file in photos.glob("*/*.xmp"))
    counts = [int(line.rpartition(": ")[2]) for line in resumed.out.splitlines()[:-1]]
    assert sum(counts) == MANY
    assert run("sort", "--undo", "last", image_tagger_data_dir=data).out == f"taken back: {2 * MANY}\n"
    assert content(photos) == before


def test_a_sort_that_is_taken_back_half_way_does_not_go_on(home: Path) -> None:
    photos = filled(home / "photos", MANY)
    before, data = content(photos), str(home / "data")
    with started(
        "sort", str(photos), "--classes", LETTERS, "--match", "substring", image_tagger_data_dir=data
    ) as process:
        until_moved(photos, 5)
        process.send_signal(signal.SIGSTOP)
        busy = run("sort", "--undo", "last", image_tagger_data_dir=data)
        assert (busy.status, busy.err) == (1, "image-tagger: this sort is being worked on\n")
        ended(process, signal.SIGINT, signal.SIGCONT)
    assert run("sort", "--undo", "last", image_tagger_data_dir=data).status == 0
    assert content(photos) == before
    assert (
        run("sort", "--resume", image_tagger_data_dir=data).err == "image-tagger: there is no sort that could go on\n"
    )


def test_a_journal_that_tells_of_nothing_is_passed_over(tagger: Tagger, photos: Path, home: Path) -> None:
    before = content(photos)
    by_letter(tagger, str(photos))
    (home / "data" / "sorts" / "99991231-235959-ffffff.jsonl").write_bytes(b"")
    assert tagger("sort", str(photos), "--classes", "zz").status == 1
    assert tagger("sort", "--undo", "last").out == "taken back: 6\n"
    assert content(photos) == before
    assert not list((home / "data" / "sorts").glob("*.lock"))


def test_a_folder_that_cannot_be_made_is_told(tagger: Tagger, photos: Path, home: Path) -> None:
    (home / "file").write_bytes(b"")
    outcome = tagger("sort", str(photos), "--classes", "dog", "--into", str(home / "file" / "sorted"))
    assert (outcome.status, outcome.err.partition(":")[0]) == (1, "image-tagger")
    assert "cannot be made" in outcome.err


def test_a_data_folder_that_cannot_be_written_is_one_line(tagger: Tagger, home: Path, photos: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "sorts").write_bytes(b"a file where a folder should be")
    outcome = tagger("sort", "photos", "--classes", "dog")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: the folder of the journals cannot be written: File exists\n"
    assert len(list(photos.iterdir())) == 6
