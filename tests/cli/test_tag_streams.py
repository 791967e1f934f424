"""`image-tagger tag` among other programs: pipes, terminals, signals."""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from tests.cli.command import SCRIPT, SECONDS, Outcome, ended, environment, run, run_shell, started
from tests.cli.conftest import Tagger
from tests.dialects.pictures import jpeg, tiny_png
from tests.upstream import ImageHost, silent

BAR = re.compile(r"(\d+)/(\d+) (?:([\d.]+)/s)?")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """One picture."""
    file = tmp_path / "photo.jpg"
    file.write_bytes(jpeg(1))
    return file


def test_standard_input_is_one_picture_among_others(photo: Path) -> None:
    outcome = run("tag", str(photo), "-", "--jsonl", stdin=photo.read_bytes())
    by_name, by_content = map(json.loads, outcome.out.splitlines())
    assert (outcome.status, outcome.err) == (0, "")
    assert by_content == {"picture": "-", "labels": by_name["labels"]}


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        ('"$0" tag - <&-', 1, "image-tagger: -: the file is no picture, or a broken one\n"),
        (
            '"$0" tag --json "$1" >/dev/full',
            1,
            "image-tagger: the results cannot be written: No space left on device\n",
        ),
        ('"$0" models list >/dev/full', 1, "image-tagger: the answer cannot be written: No space left on device\n"),
        ('"$0" tag --csv "$1" "$1" "$1" | head -n 1', 0, ""),
    ],
)
def test_a_closed_or_full_stream_leaves_no_trace(photo: Path, line: str, status: int, error: str) -> None:
    outcome = run_shell(line, str(photo))
    assert (outcome.status, outcome.err) == (status, error)


def test_a_closed_standard_output_is_named(tagger: Tagger, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # as Python starts under `>&-`
    outcome = tagger("tag", str(photo))
    assert outcome.status == 1
    assert outcome.err == "image-tagger: the results cannot be written: standard output is closed\n"


def test_an_encoding_without_a_name_s_characters_gets_them_escaped(
    tagger: Tagger, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo.rename(photo.with_name("\u00e9.jpg"))
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert tagger("tag", str(photo.parent)).status == 0
    narrow.seek(0)
    assert narrow.read().startswith(f"{photo.parent}/\\xe9.jpg: ")


@pytest.mark.parametrize(("limit", "status"), [("50000", 0), ("3000", 1)])
def test_a_pipe_is_a_picture_with_the_limit_of_all(
    tagger: Tagger, photo: Path, monkeypatch: pytest.MonkeyPatch, limit: str, status: int
) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_MAX_MEDIA_BYTES", limit)
    pipe = photo.with_name("pipe")
    os.mkfifo(pipe)
    content = photo.read_bytes()
    assert 3000 < len(content) < 50000
    writing = threading.Thread(target=_write_until_left, args=(pipe, content))
    writing.start()
    outcome = tagger("tag", str(pipe))
    writing.join()
    assert outcome.status == status
    assert ("at most 3000 are accepted" in outcome.err) == bool(status)


def _write_until_left(pipe: Path, content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), pipe.open("wb") as stream:
        stream.write(content)


def test_ctrl_c_ends_with_130_and_complete_json(photo: Path) -> None:
    with ImageHost() as host:
        slow = host.on("/slow", silent)
        with started("tag", str(photo), slow, "--json", image_tagger_allow_private_urls="1") as process:
            wait_for_request(host, "/slow", process)
            assert process.stdout is not None
            beginning = process.stdout.readline()  # "[": the first picture is done
            outcome = ended(process, signal.SIGINT)
    assert (outcome.status, outcome.err) == (130, "")
    (done,) = json.loads(beginning.decode() + outcome.out)
    assert done["picture"] == str(photo)


def wait_for_request(host: ImageHost, path: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while not host.requests_to(path):
        assert process.poll() is None, "the command ended too early"
        assert time.monotonic() < end, "the command does not ask"
        time.sleep(0.05)


def run_in_terminal(*arguments: str, out: Path | None) -> Outcome:
    """Run the command with a terminal as standard error, and as standard output unless that is the file `out`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    stdout = theirs if out is None else os.open(out, os.O_WRONLY | os.O_CREAT)
    with subprocess.Popen(
        [SCRIPT, *arguments], stdin=theirs, stdout=stdout, stderr=theirs, env=environment(term="xterm")
    ) as process:
        for descriptor in {stdout, theirs}:
            os.close(descriptor)
        shown = read_to_end(ours)
    return Outcome(process.returncode, out.read_text() if out else "", shown)


def read_to_end(terminal: int) -> str:
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while True:
            try:
                shown += stream.read(65536)
            except OSError:  # how Linux says that nobody is at the other end any more
                return shown.decode()


def test_a_terminal_shows_a_bar_with_the_true_rate_while_results_go_to_a_file(tmp_path: Path) -> None:
    count = 100
    for number in range(count):
        (tmp_path / f"{number:04}.png").write_bytes(tiny_png(number % 10))
    (tmp_path / "9999.png").write_bytes(b"broken")
    begun = time.monotonic()
    outcome = run_in_terminal("tag", str(tmp_path), "--top", "1", out=tmp_path / "labels.txt")
    whole_run = time.monotonic() - begun
    assert len(outcome.out.splitlines()) == count
    shown = CONTROL.sub("", outcome.err)
    assert f"image-tagger: {tmp_path / '9999.png'}: the file is no picture, or a broken one\r\n" in shown
    frames = BAR.findall(shown)
    assert {total for _, total, _ in frames} == {str(count + 1)}
    rates = [float(rate) for _, _, rate in frames if rate]
    assert rates, "no rate was ever shown"
    assert rates[-1] >= count / whole_run  # which counts the start of the program, too


def test_a_terminal_that_shows_the_results_shows_no_bar(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.png").write_bytes(tiny_png(number))
    outcome = run_in_terminal("tag", str(tmp_path), out=None)
    lines = outcome.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [str(tmp_path / f"{number}.png") for number in range(8)]
