"""Which models stay in memory, with real networks."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.specs import Network, Preprocessing, Spec, Version
from image_tagger.engine import memory
from image_tagger.engine.residents import Manner, Residents, Room
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Budget, Decoder
from image_tagger.models.embedded import FOLDERS
from image_tagger.models.manifest import read_version
from image_tagger.services import wire
from image_tagger.settings import Settings
from tests.pictures import jpeg

REPOSITORY = Path(__file__).parents[2]
STARTER = read_version(FOLDERS[0])
FILE_BYTES = STARTER.network.file.stat().st_size
MEBIBYTE = 1024 * 1024


@asynccontextmanager
async def opened(room: Room) -> AsyncIterator[Residents]:
    threads = Threads(1)
    residents = Residents(Decoder(Budget(MEBIBYTE, MEBIBYTE)), threads, Manner(batch_size=1), room)
    yield residents
    await residents.close()
    threads.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody tells when memory is free
            await asyncio.sleep(0.01)


def named(name: str) -> Version:
    return replace(STARTER, name=name)


def broken(folder: Path) -> Version:
    """A version whose file is the one described, but no network."""
    file = folder / "broken.onnx"
    file.write_bytes(b"not a network")
    network = replace(STARTER.network, file=file, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    return replace(STARTER, name="broken", network=network)


def large(folder: Path, mebibytes: int) -> Version:
    """A network of 3 x 8 x 8 numbers to two scores, with so many MiB of random weights."""
    width = mebibytes * MEBIBYTE // 4 // 192
    wide = np.random.default_rng(0).standard_normal((192, width), np.float32)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "wide"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "narrow"], ["logits"]),
    ]
    weights = [
        numpy_helper.from_array(wide, "wide"),
        numpy_helper.from_array(np.ones((width, 2), np.float32), "narrow"),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "large", [x], [logits], weights)
    file = folder / "large.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    network = Network(file, "onnx", Preprocessing(Size(8, 8)), sha256)
    return Version("large", network, Spec(LabelSet(("one", "two")), "classification"))


async def test_a_model_is_loaded_once() -> None:
    async with opened(Room()) as residents:
        found = await asyncio.gather(*(residents.get(STARTER) for _ in range(10)))
        assert len(set(map(id, found))) == 1
        assert residents.sizes["starter"] >= FILE_BYTES


async def test_the_model_unused_for_longest_makes_room() -> None:
    async with opened(Room(max_bytes=2 * FILE_BYTES - 1)) as residents:  # room for one
        for name in ("a", "b", "a", "c"):
            await residents.get(named(name))
            assert list(residents.sizes) == [name]


async def test_a_model_that_is_kept_stays_when_room_is_needed() -> None:
    async with opened(Room(max_bytes=2 * FILE_BYTES - 1)) as residents:
        residents.keep([named("a")])
        for name in ("a", "b", "c"):
            await residents.get(named(name))
        assert list(residents.sizes) == ["a", "c"]


async def test_a_model_larger_than_all_room_is_refused() -> None:
    async with opened(Room(max_bytes=FILE_BYTES - 1)) as residents:
        with pytest.raises(ModelUnavailable, match=rf"'starter' needs at least {FILE_BYTES} bytes"):
            await residents.get(STARTER)
        assert residents.sizes == {}


async def test_an_idle_model_leaves_and_comes_back() -> None:
    async with opened(Room(idle_seconds=0.2)) as residents:
        residents.keep([named("kept")])
        await residents.get(named("kept"))
        first = await residents.get(STARTER)
        await until(lambda: list(residents.sizes) == ["kept"])
        assert await residents.get(STARTER) is not first


async def test_a_model_in_use_does_not_become_idle() -> None:
    async with opened(Room(idle_seconds=0.5)) as residents:
        first = await residents.get(STARTER)
        for _ in range(10):
            await asyncio.sleep(0.1)
            assert await residents.get(STARTER) is first


async def watched(folder: Path) -> tuple[int, int, int]:
    """MiB that this process grows by when a large model is loaded, that it is said to take, and that stay."""
    version = large(folder, mebibytes=96)
    async with opened(Room(idle_seconds=0.2)) as residents:
        await residents.get(STARTER)  # what the runtime itself takes comes with the first model
        before = memory.resident_bytes()
        await residents.get(version)
        grown, size = memory.resident_bytes() - before, residents.sizes["large"]
        await until(lambda: "large" not in residents.sizes and memory.resident_bytes() - before < grown // 4)
        return grown // MEBIBYTE, size // MEBIBYTE, (memory.resident_bytes() - before) // MEBIBYTE


@pytest.mark.skipif(not memory.resident_bytes(), reason="this system does not say how much memory a process holds")
def test_leaving_frees_the_memory(tmp_path: Path) -> None:
    # in a process of its own: one that has freed much before takes from that, and does not grow
    program = f"import asyncio, pathlib; from {__name__} import watched; "
    program += f"print(*asyncio.run(watched(pathlib.Path({str(tmp_path)!r}))))"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, check=True, text=True)
    grown, size, left = map(int, done.stdout.splitlines()[-1].split())
    assert grown > 90
    assert size > 90
    assert left < 20


async def test_a_failure_is_the_answer_for_a_while(tmp_path: Path) -> None:
    version = broken(tmp_path)
    async with opened(Room(retry_seconds=0.5)) as residents:
        with pytest.raises(InvalidModel, match=r"broken\.onnx"):
            await residents.get(version)
        version.network.file.write_bytes(STARTER.network.file.read_bytes())  # repaired, but another file
        with pytest.raises(InvalidModel, match="no network"):
            await residents.get(version)
        await asyncio.sleep(0.6)
        with pytest.raises(InvalidModel, match="SHA-256"):
            await residents.get(version)


async def test_a_failure_that_nobody_waits_for_is_no_noise(tmp_path: Path) -> None:
    async with opened(Room()) as residents:
        asked = asyncio.create_task(residents.get(broken(tmp_path)))
        await asyncio.sleep(0)
        asked.cancel()
        await until(lambda: not residents._loading)


async def test_named_models_are_loaded_ahead() -> None:
    settings = Settings(preload_models=("house",), model_aliases={"house": "starter-fp32"})
    async with wire(settings) as services:
        for name in settings.preload_models:
            await services.preload(name)
        assert list(services.residents.sizes) == ["starter-fp32"]
        assert (await services.recognizer.first(Query(Upload(jpeg()), "house"))).predictions
