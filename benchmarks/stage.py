"""Everything `/predictions` is measured with: the small pictures, their host, the server, two measuring processes."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load, pictures, serving
from benchmarks.figure import Setup
from benchmarks.load import Target
from benchmarks.serving import Running
from benchmarks.workers import worker

WARM_UP = 100  # requests


@dataclass(frozen=True, slots=True)
class Stage:
    """All of it, running and warm. `client` asks the server, `bench` does the bare work of the same `contents`."""

    contents: list[bytes]
    target: Target
    server: Running
    host: Running
    client: ProcessPoolExecutor
    bench: ProcessPoolExecutor


@contextmanager
def opened(setup: Setup, *, benches: int = 1, warm_up: int = WARM_UP) -> Iterator[Stage]:
    """The stage, with `benches` processes for the bare work, after `warm_up` requests; closed at the end."""
    contents = [pictures.small_jpeg(photo) for photo in pictures.photos(setup.data)]
    with tempfile.TemporaryDirectory() as name, worker() as client, worker(benches) as bench:
        names = _written(Path(name), contents)
        with serving.image_host(Path(name)) as host, serving.server() as server:
            target = load.predictions_of(server.port, host.port, names)
            client.submit(load.one_at_a_time, target, warm_up).result()
            yield Stage(contents, target, server, host, client, bench)


def _written(folder: Path, contents: list[bytes]) -> list[str]:
    names = [f"{number}.jpg" for number in range(len(contents))]
    for name, content in zip(names, contents, strict=True):
        (folder / name).write_bytes(content)
    return names
