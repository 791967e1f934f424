"""What real servers do with uploads when their clients, or the servers themselves, go away."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from image_tagger.settings import Settings
from tests.cli.command import SECONDS, ended, started
from tests.dialects.moderation.asking import IMAGE, VIDEO, ask
from tests.dialects.moderation.conftest import uploads_on_disk
from tests.dialects.moderation.models import DEFAULT
from tests.dialects.moderation.pictures import film, png
from tests.server import Address, open_client, serving

PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="film"\r\n\r\n'
SENT = 3_000_000  # bytes, of more that were announced


def until(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition holds."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def head_of(path: str, length: int) -> bytes:
    """How a request begins whose form has this length."""
    kind = "multipart/form-data; boundary=b"
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


@contextmanager
def half_an_upload(port: int) -> Iterator[socket.socket]:
    """A client in the middle of an upload."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall(head_of(IMAGE, 2 * SENT) + PART + b"x" * SENT)
        yield client


def port_of(process: subprocess.Popen[bytes]) -> int:
    """Where the server listens, as soon as its log says so and it answers."""
    assert process.stderr is not None
    line: dict[str, Any] = {}
    while line.get("event") != "Image Tagger listens":
        line = json.loads(process.stderr.readline())
    return int(str(line["url"]).rpartition(":")[2])


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Iterator[tuple[Address, Path]]:
    """A server with a data folder of its own."""
    with serving(settings.model_copy(update={"data_dir": tmp_path})) as address:
        yield address, tmp_path


def test_a_client_that_leaves_in_the_middle_of_its_upload_leaves_nothing(own: tuple[Address, Path]) -> None:
    address, folder = own
    with half_an_upload(address.port):
        until(lambda: uploads_on_disk(folder) != [], "the upload is not on disk")
    until(lambda: uploads_on_disk(folder) == [], "the upload stays on disk")


def test_an_upload_is_on_disk_while_it_is_looked_at_and_no_longer(own: tuple[Address, Path]) -> None:
    address, folder = own
    content = png() + b"\0" * SENT
    with open_client(address) as client:
        assert ask(client, IMAGE, content) == ask(client, IMAGE, png())
        assert uploads_on_disk(folder) == []
        answer = client.post(IMAGE, files={"file": b"x" * SENT})
        assert answer.status_code == 400
        assert uploads_on_disk(folder) == []


def test_a_client_that_leaves_while_its_film_is_looked_at_stops_that(own: tuple[Address, Path]) -> None:
    address, folder = own
    body = PART + film(*["#102060"] * 3000) + b"\0" * SENT + b"\r\n--b--\r\n"
    with socket.create_connection(("127.0.0.1", address.port), timeout=SECONDS) as client:
        client.sendall(head_of(f"{VIDEO}?labels=unheard", len(body)) + body)
        until(lambda: recognised(address) > 0, "the film is not looked at")
    until(lambda: uploads_on_disk(folder) == [], "the film stays on disk")
    alone = "image_tagger_requests_in_progress 1.0"  # it counts itself
    until(lambda: alone in address.raw_get("/metrics")[1], "the work goes on")
    assert 0 < recognised(address) < 3000


def recognised(address: Address) -> float:
    """How many pictures the default moderation model has recognised."""
    _, _, after = address.raw_get("/metrics")[1].partition(f'image_tagger_pictures_total{{model="{DEFAULT}"}} ')
    return float(after.split()[0]) if after else 0.0


def test_what_a_killed_server_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    plain = {"image_tagger_data_dir": str(tmp_path), "image_tagger_processes": "1", "image_tagger_log_format": "json"}
    with started("serve", "--port", "0", **plain) as killed, started("serve", "--port", "0", **plain) as other:
        with half_an_upload(port_of(killed)), half_an_upload(port_of(other)):
            until(lambda: len(uploads_on_disk(tmp_path)) == 2, "the uploads are not on disk")
            ended(killed, signal.SIGKILL)
            assert len(uploads_on_disk(tmp_path)) == 2
            with started("serve", "--port", "0", **plain) as fresh:
                assert httpx.get(f"http://127.0.0.1:{port_of(fresh)}/health/live", trust_env=False).status_code == 200
                assert len(uploads_on_disk(tmp_path)) == 1, "the killed server's upload goes, the other one's stays"
                ended(fresh, signal.SIGTERM)
        until(lambda: uploads_on_disk(tmp_path) == [], "the other server's upload stays")
        ended(other, signal.SIGTERM)
    assert [entry.name for entry in (tmp_path / "spool").iterdir()] == ["lock"]
