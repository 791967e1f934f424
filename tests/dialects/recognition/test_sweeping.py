"""What is on the disk goes when nothing needs it any more, and not before."""

import asyncio
import os
import time
from pathlib import Path

from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.settings import Settings
from tests.dialects.pictures import jpeg
from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import ALIAS, Door, made
from tests.server import open_client, serving

PATH = f"/recognition/public/{ALIAS}"
LONG_AGO = time.time() - 30 * 24 * 3600


def kept(folder: Path) -> set[Path]:
    """The files of blobs."""
    return set((folder / "blobs").glob("??/*"))


def is_kept(folder: Path, content: Path) -> bool:
    """Whether a blob has the content of this file."""
    return content.read_bytes() in [file.read_bytes() for file in kept(folder)]


async def begin_upload(data_dir: Path, file: Path) -> None:
    """What another process does with a file before it registers the network."""
    office = Office(data_dir, "", Rules())
    await office.blobs.add(file)
    await office.close()


def grow_old(folder: Path) -> None:
    """As if all had been sent a month ago."""
    for file in kept(folder):
        os.utime(file, (LONG_AGO, LONG_AGO))


def test_what_waits_is_kept_and_what_has_ended_goes(tmp_path: Path) -> None:
    aliases = {ALIAS: "starter"}
    with serving(Settings(data_dir=tmp_path, model_aliases=aliases)) as address, open_client(address) as http:
        Door(http).labels(PATH, jpeg(1))
    grow_old(tmp_path)
    (ended,) = kept(tmp_path)
    idle = Settings(data_dir=tmp_path, model_aliases=aliases, job_places=0)
    with serving(idle) as address, open_client(address) as http:
        form = Door(http).form(f"{PATH}/inference", {}, **{"inputs[0]image__source": jpeg(2)})
        waiting = made(form)["task_id"]
    assert ended not in kept(tmp_path)
    grow_old(tmp_path)
    with serving(Settings(data_dir=tmp_path, model_aliases=aliases)) as address, open_client(address) as http:
        door = Door(http)
        door.labels(PATH, jpeg(3))  # this looks what may go
        assert door.ended(waiting)["error"] is None


def test_a_removed_network_frees_the_disk(tmp_path: Path, network_file: Path, photo: bytes) -> None:
    with serving(Settings(data_dir=tmp_path)) as address, open_client(address) as http:
        door = Door(http)
        network = door.upload(colours(network_file))
        door.ended(network["task_id"])
        version = door.version(network, door.spec())
        door.labels(f"/recognition/versions/{version['id']}", photo)
        assert is_kept(tmp_path, network_file)
        grow_old(tmp_path)
        assert door.delete(f"/networks/{network['id']}/").status_code == 204
        assert not is_kept(tmp_path, network_file)
        assert list((tmp_path / "networks").iterdir()) == []


def test_a_network_that_came_lately_frees_the_disk_later(tmp_path: Path, network_file: Path) -> None:
    settings = Settings(data_dir=tmp_path, model_aliases={ALIAS: "starter"})
    with serving(settings) as address, open_client(address) as http:
        door = Door(http)
        network = door.upload(colours(network_file))
        door.ended(network["task_id"])
        assert door.delete(f"/networks/{network['id']}/").status_code == 204
        assert is_kept(tmp_path, network_file)  # another upload of it could be on its way
    grow_old(tmp_path)
    abandoned = tmp_path / "networks" / ".half.removed"
    abandoned.mkdir()
    os.utime(abandoned, (LONG_AGO, LONG_AGO))
    with serving(settings) as address, open_client(address) as http:
        Door(http).labels(PATH, jpeg(4))  # this looks what may go
    assert not is_kept(tmp_path, network_file)
    assert list((tmp_path / "networks").iterdir()) == []


def test_a_removed_network_takes_nothing_from_an_upload_of_the_same(tmp_path: Path, network_file: Path) -> None:
    with serving(Settings(data_dir=tmp_path)) as address, open_client(address) as http:
        door = Door(http)
        network = door.upload(colours(network_file))
        door.ended(network["task_id"])
        grow_old(tmp_path)
        asyncio.run(begin_upload(tmp_path, network_file))
        assert door.delete(f"/networks/{network['id']}/").status_code == 204
        assert is_kept(tmp_path, network_file)
