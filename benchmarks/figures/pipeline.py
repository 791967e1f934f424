"""ViT-B/16 in this server against transformers' pipeline behind FastAPI: same weights, photos and clients."""

import http.client
import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import load, machine, pictures, serving
from benchmarks.figure import Details, Figure, NotMeasured, Row, Setup, Spread, judged
from benchmarks.load import Target
from benchmarks.workers import worker
from image_tagger.models import loaded
from image_tagger.models.catalog import standard_catalog

CLIENTS = 16
TIMES_AS_MANY = 2.3
TIMES_AS_LONG = 0.5
NAME = "benchmark/vit-base"
FLOAT32, BFLOAT16, THEIRS = "float32", "bfloat16", "the pipeline"
TOLERANCE = "0.1"  # for bfloat16: random weights give some pictures two labels that are nearly as good
PHOTOS = 30
WARM_UP_SECONDS = 3
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """All servers, one right after the other, so that a drift of the machine hits all of them."""

    waits: Mapping[str, float]  # seconds, p50 at one client
    rates: Mapping[str, float]  # pictures a second at 16 clients
    limit: float  # pictures a second of ONNX Runtime alone, one process per core
    share: float  # of a core that each of these had


def measure(setup: Setup) -> Figure:
    """Blocks in turn; the median of their ratios counts. Raises NotMeasured without the extra `hf`."""
    requests, seconds = setup.repeats(full=20, quick=4), setup.repeats(full=10, quick=4)
    with _all(setup) as (targets, folder), worker() as client, worker(machine.cores()) as bench:
        for target in targets.values():
            client.submit(load.many_at_a_time, target, CLIENTS, WARM_UP_SECONDS).result()
        best = {way: _best(target) for way, target in targets.items()}

        def block() -> Block:
            alone = {way: client.submit(load.one_at_a_time, t, requests).result() for way, t in targets.items()}
            many = {way: client.submit(load.many_at_a_time, t, CLIENTS, seconds).result() for way, t in targets.items()}
            bare = [bench.submit(bare_rate, folder, seconds) for _ in range(machine.cores())]
            limits, shares = zip(*(job.result() for job in bare), strict=True)
            waits = {way: median(one.latencies) for way, one in alone.items()}
            return Block(waits, {way: one.per_second for way, one in many.items()}, sum(limits), median(shares))

        blocks = [block() for _ in range(setup.repeats(full=5, quick=1))]
    rows = [row for way in targets if way != THEIRS for row in _rows(way, blocks, best)]
    return Figure((*rows, _share(blocks)), (_table([*targets], blocks),))


def bare_rate(data: Path, seconds: float) -> tuple[float, float]:
    """Pictures a second of the network alone in float32, on one core, and the share of a core that it had."""
    model = loaded.load(standard_catalog({}, NAME, data).default)
    tensor = model.prepare(np.zeros((500, 400, 3), np.uint8)).tensor[np.newaxis]
    model.run(tensor)
    started, worked, count = time.perf_counter(), time.process_time(), 0
    while (passed := time.perf_counter() - started) < seconds:
        model.run(tensor)
        count += 1
    return count / passed, (time.process_time() - worked) / passed


def _rows(way: str, blocks: list[Block], best: Mapping[str, list[str]]) -> Iterator[Row]:
    rate = Spread.of([block.rates[way] / block.rates[THEIRS] for block in blocks])
    wait = Spread.of([block.waits[way] / block.waits[THEIRS] for block in blocks])
    same = [own == other for own, other in zip(best[way], best[THEIRS], strict=True)]
    what = "the default" if way == FLOAT32 else f"by `--precision {way} --tolerance {TOLERANCE}`"
    note = (
        f"{way}, {what}; against transformers.pipeline in FastAPI; ViT-B/16 with random weights, {len(blocks)} blocks"
    )
    shares = [block.share for block in blocks]
    many = Row(f"pictures a second, {CLIENTS} clients, {way}", rate.shown(" x"), f"{TIMES_AS_MANY} x",
               rate.median >= TIMES_AS_MANY, note)  # fmt: skip
    alone = Row(f"p50, one client, {way}", wait.shown(" x"), f"{TIMES_AS_LONG} x", wait.median <= TIMES_AS_LONG, note)
    yield judged(many, shares)
    yield judged(alone, shares)
    yield Row(f"same best label, {way}", f"{sum(same)} of {len(same)} photos", "all", all(same), note)


def _share(blocks: list[Block]) -> Row:
    share = Spread.of([100 * block.rates[FLOAT32] / block.limit for block in blocks])
    note = "one process per core that does nothing else"
    return Row(f"pictures a second of ONNX Runtime alone, {FLOAT32}", share.shown(" %", 0), note=note)


def _table(ways: list[str], blocks: list[Block]) -> Details:
    def spread(values: list[float], unit: str = "") -> str:
        return Spread.of(values).shown(unit, 1)

    bare = spread([block.limit for block in blocks])
    rows = (
        ("pictures a second", *(spread([block.rates[way] for block in blocks]) for way in ways)),
        ("p50", *(spread([block.waits[way] * MILLI for block in blocks], " ms") for way in ways)),
        ("pictures a second of ONNX Runtime alone", bare, *([""] * (len(ways) - 1))),
    )
    return Details("ViT-B/16", ("", *ways), rows)


@contextmanager
def _all(setup: Setup) -> Iterator[tuple[dict[str, Target], Path]]:
    """Requests for this server in each precision and for the pipeline's, all ready; and the data folder of float32."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port = Path(name), serving.free_port()
        _run([sys.executable, "-m", "benchmarks.checkpoint", str(folder / "vit")])
        names = _photos(setup, folder / "photos")
        theirs = [sys.executable, "-m", "benchmarks.pipeline_server", str(folder / "vit"), str(port)]
        host = stack.enter_context(serving.image_host(folder / "photos"))
        data = {FLOAT32: _pulled(folder, FLOAT32)}
        with suppress(NotMeasured):  # without the extra openvino, and on processors without it
            data[BFLOAT16] = _pulled(folder, BFLOAT16)
        servers = {
            way: stack.enter_context(serving.server(default_model=NAME, data_dir=str(place)))
            for way, place in data.items()
        }
        servers[THEIRS] = stack.enter_context(serving.running(theirs, port, {}))
        targets = {way: load.predictions_of(server.port, host.port, names) for way, server in servers.items()}
        yield targets, folder / FLOAT32


def _pulled(folder: Path, way: str) -> Path:
    """A data folder with the checkpoint in this precision. Raises NotMeasured."""
    program, data = Path(sysconfig.get_path("scripts")) / "image-tagger", folder / way
    wanted = ["--precision", way, "--tolerance", TOLERANCE]
    _run([str(program), "models", "pull", str(folder / "vit"), "--name", NAME, *wanted],
         IMAGE_TAGGER_DATA_DIR=str(data))  # fmt: skip
    return data


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=serving.PROJECT,
                          env={**serving.plain_environment(), **environment})  # fmt: skip
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise NotMeasured(f"the extra hf is needed: {reason}")


def _photos(setup: Setup, folder: Path) -> list[str]:
    folder.mkdir()
    for number, photo in enumerate(pictures.photos(setup.data, PHOTOS)):
        (folder / f"{number}.jpg").write_bytes(pictures.small_jpeg(photo))
    return sorted(path.name for path in folder.iterdir())


def _best(target: Target) -> list[str]:
    """The best label of every photo."""
    connection, labels = http.client.HTTPConnection(serving.LOOPBACK, target.port), []
    for request in target.requests:
        connection.request("GET", request.split(b" ")[1].decode())
        labels.append(str(json.load(connection.getresponse())["predictions"][0]["label"]))
    connection.close()
    return labels
