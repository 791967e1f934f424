"""ViT-B/16 in this server against transformers' pipeline behind FastAPI: same weights, photos and clients."""

import http.client
import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import load, machine, pictures, serving
from benchmarks.figure import Details, Figure, NotMeasured, Row, Setup, Spread
from benchmarks.load import Target
from benchmarks.workers import worker
from image_tagger.models import loaded
from image_tagger.models.catalog import standard_catalog

CLIENTS = 16
TIMES_AS_MANY = 2.3
TIMES_AS_LONG = 0.5
NAME = "benchmark/vit-base"
PHOTOS = 30
WARM_UP_SECONDS = 3
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Both servers, one right after the other, so that a drift of the machine hits both."""

    ours: float  # seconds, p50 at one client
    theirs: float
    our_rate: float  # pictures a second at 16 clients
    their_rate: float
    limit: float  # pictures a second of ONNX Runtime alone, one process per core


def measure(setup: Setup) -> Figure:
    """Blocks in turn; the median of their ratios counts. Raises NotMeasured without the extra `hf`."""
    requests, seconds = setup.repeats(full=30, quick=4), setup.repeats(full=15, quick=4)
    with _both(setup) as (ours, theirs, folder), worker() as client, worker(machine.cores()) as bench:
        for target in (ours, theirs):
            client.submit(load.many_at_a_time, target, CLIENTS, WARM_UP_SECONDS).result()
        same = [_best(ours, line) == _best(theirs, line) for line in range(len(ours.requests))]

        def block() -> Block:
            alone = [client.submit(load.one_at_a_time, target, requests).result() for target in (ours, theirs)]
            many = [client.submit(load.many_at_a_time, t, CLIENTS, seconds).result() for t in (ours, theirs)]
            waits = [median(one.latencies) for one in alone]
            bare = [bench.submit(bare_rate, folder, seconds) for _ in range(machine.cores())]
            limit = sum(job.result() for job in bare)
            return Block(waits[0], waits[1], many[0].per_second, many[1].per_second, limit)

        blocks = [block() for _ in range(setup.repeats(full=5, quick=1))]
    return Figure(_rows(blocks, same), (_table(blocks),))


def bare_rate(data: Path, seconds: float) -> float:
    """Pictures a second of the network alone, on one core: no pictures, no server."""
    model = loaded.load(standard_catalog({}, NAME, data).default)
    tensor = model.prepare(np.zeros((500, 400, 3), np.uint8)).tensor[np.newaxis]
    model.run(tensor)
    started, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds:
        model.run(tensor)
        count += 1
    return count / passed


def _rows(blocks: list[Block], same: list[bool]) -> tuple[Row, ...]:
    rate = Spread.of([block.our_rate / block.their_rate for block in blocks])
    wait = Spread.of([block.ours / block.theirs for block in blocks])
    share = Spread.of([100 * block.our_rate / block.limit for block in blocks])
    note = f"against transformers.pipeline in FastAPI; ViT-B/16 with random weights, {len(blocks)} blocks"
    return (
        Row(
            f"pictures a second, {CLIENTS} clients",
            rate.shown(" x"),
            f"{TIMES_AS_MANY} x",
            _met(rate, least=True),
            note,
        ),
        Row(
            "the same, of ONNX Runtime alone", share.shown(" %", 0), note="one process per core that does nothing else"
        ),
        Row("p50, one client", wait.shown(" x"), f"{TIMES_AS_LONG} x", _met(wait, least=False), note),
        Row("same best label", f"{sum(same)} of {len(same)} photos", "all", all(same), note),
    )


def _met(ratio: Spread, *, least: bool) -> bool:
    return ratio.median >= TIMES_AS_MANY if least else ratio.median <= TIMES_AS_LONG


def _table(blocks: list[Block]) -> Details:
    def spread(values: list[float], unit: str) -> str:
        return Spread.of(values).shown(unit, 1)

    rows = (
        ("pictures a second", spread([b.our_rate for b in blocks], ""), spread([b.their_rate for b in blocks], "")),
        ("pictures a second of ONNX Runtime alone", spread([b.limit for b in blocks], ""), ""),
        ("p50", spread([b.ours * MILLI for b in blocks], " ms"), spread([b.theirs * MILLI for b in blocks], " ms")),
    )
    return Details("ViT-B/16", ("", "Image Tagger", "transformers.pipeline"), rows)


@contextmanager
def _both(setup: Setup) -> Iterator[tuple[Target, Target, Path]]:
    """Requests for this server and for the pipeline's, both ready; and this server's data folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([sys.executable, "-m", "benchmarks.checkpoint", str(folder / "vit")])
        data = {"data_dir": str(folder / "data")}
        _run([str(Path(sysconfig.get_path("scripts")) / "image-tagger"), "models", "pull", str(folder / "vit"),
              "--name", NAME], IMAGE_TAGGER_DATA_DIR=data["data_dir"])  # fmt: skip
        names = _photos(setup, folder / "photos")
        port = serving.free_port()
        theirs = [sys.executable, "-m", "benchmarks.pipeline_server", str(folder / "vit"), str(port)]
        with (
            serving.image_host(folder / "photos") as host,
            serving.server(default_model=NAME, **data) as own,
            serving.running(theirs, port, {}) as other,
        ):
            targets = [load.predictions_of(server.port, host.port, names) for server in (own, other)]
            yield targets[0], targets[1], folder / "data"


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=serving.PROJECT,
                          env={**serving.plain_environment(), **environment})  # fmt: skip
    if done.returncode:
        raise NotMeasured(f"the extra hf is needed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")


def _photos(setup: Setup, folder: Path) -> list[str]:
    folder.mkdir()
    for number, photo in enumerate(pictures.photos(setup.data, PHOTOS)):
        (folder / f"{number}.jpg").write_bytes(pictures.small_jpeg(photo))
    return sorted(path.name for path in folder.iterdir())


def _best(target: Target, line: int) -> str:
    connection = http.client.HTTPConnection(serving.LOOPBACK, target.port)
    connection.request("GET", target.requests[line].split(b" ")[1].decode())
    label: str = json.load(connection.getresponse())["predictions"][0]["label"]
    connection.close()
    return label
