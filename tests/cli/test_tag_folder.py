"""`image-tagger tag FOLDER --output FILE`: a job that can be paused, killed and resumed, and forgets nothing."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet
import pytest

from image_tagger.jobs.tagging import CHUNK
from tests.cli.command import ended, run, started
from tests.cli.conftest import Tagger
from tests.pictures import jpeg

MANY = 1000
DONE = "SELECT number FROM items WHERE key IS NULL AND state = 'done'"
RUNNING = "SELECT number FROM items WHERE key IS NULL AND state = 'running'"
TWICE = "SELECT number FROM items WHERE key IS NULL AND claims > 1"
SECONDS = 60.0


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory for this test."""
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four pictures, two of them below, one broken."""
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b.jpg", "trip/c.jpg")):
        (folder / name).write_bytes(jpeg(seed=number))
    (folder / "trip" / "broken.jpg").write_bytes(b"broken")
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Different pictures, large enough for a moment of work each."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number:04}.jpg").write_bytes(jpeg(320, 240, seed=number))
    return folder


@pytest.mark.usefixtures("photos")
def test_results_are_those_of_the_plain_command(tagger: Tagger) -> None:
    plain = tagger("tag", "photos", "--recursive", "--jsonl")
    done = tagger("tag", "photos", "--recursive", "--output", "labels.jsonl")
    assert (done.status, done.out) == (1, "3 pictures tagged, 1 failed\n")
    assert "image-tagger: photos/trip/broken.jpg: the file is no picture, or a broken one\n" in done.err
    wanted = {one["picture"]: one for one in map(json.loads, plain.out.splitlines())}
    got = {one["picture"]: one for one in map(json.loads, Path("labels.jsonl").read_text().splitlines())}
    assert {name: one.get("error") for name, one in got.items()} == {
        name: one.get("error") for name, one in wanted.items()
    }
    for name in ("photos/a.jpg", "photos/trip/c.jpg"):
        assert [label["label"] for label in got[name]["labels"]] == [label["label"] for label in wanted[name]["labels"]]
        for ours, theirs in zip(got[name]["labels"], wanted[name]["labels"], strict=True):
            assert ours["confidence"] == pytest.approx(theirs["confidence"], abs=1e-4)


@pytest.mark.usefixtures("photos")
def test_a_table_and_a_parquet_file_say_the_same(tagger: Tagger) -> None:
    for name in ("labels.csv", "labels.parquet"):
        assert tagger("tag", "photos", "-r", "--top", "2", "--output", name).status == 1
    rows = [*csv.DictReader(Path("labels.csv").read_text().splitlines())]
    table = pyarrow.parquet.read_table("labels.parquet").to_pylist()
    assert len(rows) == len(table) == 3 * 2 + 1
    assert [row["picture"] for row in rows] == [row["picture"] for row in table]
    for row, other in zip(rows, table, strict=True):
        assert (row["label"] or None, row["error"] or None) == (other["label"], other["error"])
        assert float(row["confidence"] or 0) == (other["confidence"] or 0)


def test_a_second_run_looks_only_at_what_has_changed(tagger: Tagger, photos: Path, data: Path) -> None:
    tagger("tag", "photos", "--output", "first.jsonl")
    (photos / "moved.jpg").write_bytes((photos / "a.jpg").read_bytes())
    (photos / "b.jpg").write_bytes(jpeg(seed=77))
    os.utime(photos / "a.jpg", (1, 1))
    tagger("tag", "photos", "--output", "second.jsonl")
    assert _known_again(data) == [0, 2]
    first, second = (Path(name).read_text().splitlines() for name in ("first.jsonl", "second.jsonl"))
    assert first[0] == second[0]
    assert first[1] != second[1]


@pytest.mark.usefixtures("photos")
def test_other_options_look_again(tagger: Tagger, data: Path) -> None:
    tagger("tag", "photos", "--output", "first.jsonl")
    tagger("tag", "photos", "--output", "first.jsonl", "--top", "1")
    assert _known_again(data) == [0, 0]


def test_sidecars_are_written_also_for_what_has_not_changed(tagger: Tagger, photos: Path) -> None:
    arguments = ("tag", "photos", "--output", "labels.jsonl", "--min-confidence", "0.01")
    tagger(*arguments)
    assert not (photos / "a.jpg.xmp").exists()
    tagger(*arguments, "--xmp")
    (photos / "a.jpg.xmp").unlink()
    tagger(*arguments, "--xmp")
    assert (photos / "a.jpg.xmp").exists()


@pytest.mark.usefixtures("photos")
def test_words_of_a_vocabulary_are_used(tagger: Tagger) -> None:
    before = tagger("tag", "photos/a.jpg", "--top", "1", "--json")
    label = json.loads(before.out)[0]["labels"][0]["label"]
    Path("words.toml").write_text(f'[rename]\n"{label}" = "my word"\n')
    tagger("tag", "photos", "--top", "1", "--vocabulary", "words.toml", "--output", "labels.jsonl")
    assert "my word" in Path("labels.jsonl").read_text()


def test_an_empty_folder_gives_an_empty_file(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert tagger("tag", "empty", "--output", "labels.jsonl").out == "0 pictures tagged\n"
    assert Path("labels.jsonl").read_text() == ""


@pytest.mark.usefixtures("photos")
def test_a_file_that_cannot_be_written_is_told_before_the_work(tagger: Tagger, data: Path) -> None:
    refused = tagger("tag", "photos", "--output", f"{'x' * 250}.jsonl")
    assert (refused.status, refused.err) == (1, "image-tagger: --output cannot be written: File name too long\n")
    assert not data.exists()


@pytest.mark.usefixtures("photos")
def test_no_lock_is_left(tagger: Tagger, data: Path) -> None:
    assert tagger("tag", "photos", "--output", "labels.jsonl").status == 0
    assert list((data / "locks").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("tag",), 2, "Missing argument PATH; or give --resume"),
        (("tag", "photos", "photos", "--output", "a.csv"), 2, "--output tags one folder"),
        (("tag", "photos/a.jpg", "--output", "a.csv"), 2, "--output tags one folder"),
        (("tag", "photos", "--output", "a.csv", "--json"), 2, "take no --every"),
        (("tag", "--resume", "--output", "a.csv"), 2, "--resume takes at most a folder"),
        (("tag", "--resume", "--top", "3"), 2, "--resume takes no other options"),
        (("tag", "--resume", "--xmp", "--sure"), 2, "--resume takes no other options"),
        (("tag", "photos", "--output", "a.xlsx"), 1, "--output must end in .jsonl, .csv, .parquet"),
        (("tag", "photos", "--output", "none/a.csv"), 1, "the folder of --output is not there"),
        (("tag", "--resume"), 1, "there is no job that could go on"),
        (("tag", "photos", "--output", "a.csv", "--model", "none"), 1, "none"),
    ],
)
@pytest.mark.usefixtures("photos")
def test_what_makes_no_sense_is_refused(tagger: Tagger, arguments: tuple[str, ...], status: int, said: str) -> None:
    refused = tagger(*arguments)
    assert refused.status == status
    assert said in refused.err


@pytest.mark.usefixtures("many")
def test_after_kill_9_it_goes_on_and_what_was_done_stays_done(data: Path) -> None:
    with started("tag", "many", "--output", "labels.jsonl", image_tagger_data_dir=str(data)) as process:
        _some_done(data)
        process.kill()
        process.wait()
    before = _rows(data, DONE)
    assert not Path("labels.jsonl").exists()
    again = run("tag", "--resume", image_tagger_data_dir=str(data))
    assert (again.status, again.out) == (0, f"{MANY} pictures tagged\n")
    names = [json.loads(line)["picture"] for line in Path("labels.jsonl").read_text().splitlines()]
    assert names == [f"many/{number:04}.jpg" for number in range(MANY)]
    assert 0 < len(before) < len(_rows(data, DONE))
    assert set(before).isdisjoint(_rows(data, TWICE))
    assert (
        run("tag", "--resume", image_tagger_data_dir=str(data)).err
        == "image-tagger: there is no job that could go on\n"
    )


def test_ctrl_c_pauses_and_resume_goes_on(many: Path, data: Path) -> None:
    with started("tag", "many", "--output", "labels.csv", image_tagger_data_dir=str(data)) as process:
        _some_done(data)
        paused = ended(process, signal.SIGINT)
    assert (paused.status, paused.err) == (130, "image-tagger: paused; go on with: image-tagger tag --resume\n")
    before = _rows(data, DONE)
    assert run("tag", "--resume", str(many), image_tagger_data_dir=str(data)).out == f"{MANY} pictures tagged\n"
    assert 0 < len(before) < len(_rows(data, DONE))
    assert set(before).isdisjoint(_rows(data, TWICE))  # what was claimed and not begun is handed back


def test_paused_when_all_was_in_hand_the_file_is_still_to_be_written(many: Path, data: Path) -> None:
    for picture in sorted(many.iterdir())[CHUNK:]:
        picture.unlink()
    with started("tag", "many", "--output", "labels.csv", image_tagger_data_dir=str(data)) as process:
        _await_rows(data, RUNNING)
        paused = ended(process, signal.SIGINT)
    assert (paused.status, len(_rows(data, DONE))) == (130, 1)
    assert not Path("labels.csv").exists()
    assert run("tag", "--resume", image_tagger_data_dir=str(data)).out == f"{CHUNK} pictures tagged\n"
    assert Path("labels.csv").exists()


@pytest.mark.usefixtures("photos")
def test_only_the_latest_job_gets_its_file_again(tagger: Tagger) -> None:
    for name in ("old.csv", "new.csv"):
        assert tagger("tag", "photos", "--output", name).status == 0
    Path("old.csv").unlink()
    assert tagger("tag", "--resume").status == 1
    Path("new.csv").unlink()
    assert tagger("tag", "--resume").out == "2 pictures tagged\n"
    assert (Path("old.csv").exists(), Path("new.csv").exists()) == (False, True)


@pytest.mark.usefixtures("many")
def test_two_processes_do_not_work_on_one_job(data: Path) -> None:
    with started("tag", "many", "--output", "labels.csv", image_tagger_data_dir=str(data)) as process:
        _some_done(data)
        _halt(process, data)  # or it might be done before the other one begins
        assert (
            run("tag", "--resume", image_tagger_data_dir=str(data)).err
            == "image-tagger: another process works on this job\n"
        )


def _halt(process: subprocess.Popen[bytes], data: Path) -> None:
    """Stop it where it is not within a transaction: nobody else could begin one."""
    while True:
        process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(data / "image-tagger.sqlite3", timeout=1, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
            else:
                return


def _some_done(data: Path) -> None:
    """Wait until a chunk is done."""
    _await_rows(data, DONE)


def _await_rows(data: Path, query: str) -> None:
    until = time.monotonic() + SECONDS
    while not _rows(data, query):
        assert time.monotonic() < until
        time.sleep(0.01)


def _known_again(data: Path) -> list[int]:
    """Of each job, how many pictures had not changed."""
    results = _rows(data, "SELECT result FROM items WHERE key IS NULL ORDER BY id")
    return [json.loads(str(result))["again"] for result in results]


def _rows(data: Path, query: str) -> list[object]:
    file = data / "image-tagger.sqlite3"
    if not file.exists():
        return []
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'items'").fetchone():
            return []
        return [row[0] for row in connection.execute(query)]


def test_a_person_who_watches_sees_a_bar_with_rate_and_time_left(many: Path, data: Path) -> None:
    shown = _on_a_terminal("tag", str(many), "--output", "labels.csv", "--top", "1", data=data)
    assert "tagging" in shown
    assert f"/{MANY}" in shown
    assert "/s" in shown


def _on_a_terminal(*arguments: str, data: Path) -> str:
    import pty  # noqa: PLC0415 - not everywhere

    from tests.cli.command import SCRIPT, environment  # noqa: PLC0415 - used here only

    child, terminal = pty.fork()
    if not child:
        os.execvpe(SCRIPT, [SCRIPT, *arguments], environment(image_tagger_data_dir=str(data)) | {"TERM": "xterm"})  # noqa: S606 - the command itself
    shown = b"".join(_read(terminal))
    os.waitpid(child, 0)
    return shown.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            return
        if not piece:
            return
        yield piece


@pytest.mark.usefixtures("photos")
def test_a_data_folder_that_cannot_be_written_is_one_line(tagger: Tagger, data: Path) -> None:
    data.mkdir()
    (data / "locks").write_bytes(b"a file where a folder should be")
    outcome = tagger("tag", "photos", "--output", "labels.csv")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: the data folder cannot be written: File exists\n"
