"""The server of one process: what it leaves out until it has started."""

import gc
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from image_tagger.cli.member import Server
from image_tagger.settings import read_settings

SECONDS = 60.0


@pytest.fixture
def without_collector() -> Iterator[None]:
    """No garbage is collected, as while a server starts."""
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("without_collector")
async def test_garbage_is_collected_again_once_a_server_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path))
    server = Server(read_settings())
    assert not gc.isenabled()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=[listening])
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        await server.shutdown(sockets=[listening])


def test_aiohttp_is_loaded_by_what_downloads_only() -> None:
    program = (
        "import sys, image_tagger.cli.member; print('aiohttp' in sys.modules)\n"
        "from image_tagger.media.fetch import Fetcher; Fetcher.prepare(); print('aiohttp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=SECONDS)
    assert done.stdout.split() == ["False", "True"]
