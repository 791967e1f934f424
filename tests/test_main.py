"""The application for those who start it their own way."""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SECONDS = 30


@contextmanager
def uvicorn(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "uvicorn", "image_tagger.main:app", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def get(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_uvicorn_finds_the_application(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with uvicorn(port, tmp_path) as process:
        while True:
            try:
                status, body = get(port, "/health/ready")
                break
            except ConnectionRefusedError:
                assert process.poll() is None
        assert (status, json.loads(body)) == (200, {"status": "ready", "model": "starter"})
    assert process.returncode in {0, -15}
    assert not list(tmp_path.iterdir())
