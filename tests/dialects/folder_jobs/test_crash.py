"""A server that is killed in the middle of a job: the next one ends it, and no file is lost."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.cli.command import ended, started
from tests.dialects.folder_jobs.sorting import KEY, Service
from tests.dialects.pictures import tiny_png

MANY = 400
CLASSES = ("a", "e", "i", "o", "u")


def address(process: subprocess.Popen[bytes]) -> str:
    """Where it listens, as soon as its log says so."""
    assert process.stderr is not None
    line: dict[str, Any] = {}
    while line.get("event") != "Image Tagger listens":
        line = json.loads(process.stderr.readline())
    return str(line["url"])


def test_a_job_goes_on_after_a_crash(tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "all").mkdir(parents=True)
    before = {f"{number}.png": tiny_png(number) for number in range(MANY)}
    for name, picture in before.items():
        (files / "all" / name).write_bytes(picture)
    settings = {
        "image_tagger_data_dir": str(tmp_path / "data"),
        "image_tagger_files_dir": str(files),
        "image_tagger_processes": "1",
        "service_key": KEY,
    }
    with started("serve", "--port", "0", **settings) as process, httpx.Client(base_url=address(process)) as client:
        service = Service(client, files)
        job = service.begin(*CLASSES)
        while service.get(job).json().get("processed", 0) < 5:
            assert process.poll() is None
        ended(process, signal.SIGKILL)
    assert sorted(service.content().values()) == sorted(before.values())
    assert list((files / "all").iterdir())
    with started("serve", "--port", "0", **settings) as process, httpx.Client(base_url=address(process)) as client:
        service = Service(client, files)
        end = service.end(job)
        ended(process, signal.SIGINT)
    assert (end["number_of_files"], end["processed"], end["failed"], end["percentage"]) == (MANY, MANY, 0, 100)
    assert list((files / "all").iterdir()) == []
    assert {Path(place).name: picture for place, picture in service.content().items()} == before
