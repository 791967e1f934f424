"""Where files are read while asyncio waits."""

import io
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from image_tagger.client import transport
from image_tagger.client.talking import Ask, Part
from tests.upstream import ImageHost, answer

READERS: list[int] = []


class Watched(io.FileIO):
    """A file that notes which thread reads it."""

    def read(self, size: int | None = -1) -> Any:
        READERS.append(threading.get_ident())
        return super().read(-1 if size is None else size)


class WatchedPath(type(Path())):  # type: ignore[misc]  # the concrete kind depends on the system
    """The path of one."""

    def open(self, *_: Any, **__: Any) -> Any:
        return Watched(self)


async def test_the_event_loop_reads_no_files(tmp_path: Path, host: ImageHost) -> None:
    (tmp_path / "film.mp4").write_bytes(bytes(range(256)) * 10_000)
    file = WatchedPath(tmp_path / "film.mp4")
    host.on("/form", answer(b"{}", content_type="application/json"))
    async with transport.awaiting(transport.Server(host.address)) as http:
        with ExitStack() as opened:
            request = transport.request(http, Ask("POST", "/form", parts=(Part("file", file, "film.mp4"),)), opened)
            await http.send(request)
    assert READERS
    assert threading.get_ident() not in READERS
