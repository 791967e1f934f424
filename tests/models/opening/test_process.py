"""Whatever a network does, the process that asks for it lives on and says why it cannot be used."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.models.inspection.inspecting import Inspection, inspect
from image_tagger.models.inspection.parts import parts_of
from image_tagger.models.opening.process import GIBIBYTE, Limits, in_child
from tests.models import networks

SOON = Limits(GIBIBYTE, 30)
FLIPS = 3  # ways to damage a real network
SINGLE = (".onnx", ".tflite", ".h5", ".hdf5", ".pb")


def looked(file: Path, limits: Limits = SOON) -> Inspection:
    return inspect(parts_of(file), limits)


def test_a_good_network_is_described(tmp_path: Path) -> None:
    found = looked(networks.shares(tmp_path / "a.onnx"))
    assert found.runtime == "onnx"
    assert [(info.name, info.shape) for info in found.inputs] == [("image", (1, 3, 8, 8))]
    (seen,) = found.observed
    assert (seen.name, seen.shape, seen.shares) == ("answer", (1, 3), True)


@pytest.mark.parametrize("balloon", [networks.giant, networks.growing])
def test_too_much_memory_is_the_reason(tmp_path: Path, balloon: Callable[[Path], Path]) -> None:
    with pytest.raises(InvalidModel, match=r"^a\.onnx cannot be used: it needs more than 1 GiB of memory$"):
        looked(balloon(tmp_path / "a.onnx"))


def test_an_endless_loop_is_ended(tmp_path: Path) -> None:
    file = networks.endless(tmp_path / "a.onnx")
    began = time.monotonic()
    with pytest.raises(InvalidModel, match=r"^a\.onnx cannot be used: it takes longer than 3 s$"):
        looked(file, Limits(GIBIBYTE, 3))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        ("SIGSEGV", r"crashes the library that reads it \(SIGSEGV\)"),
        ("SIGABRT", r"gives up \(SIGABRT\)"),
        ("SIGKILL", r"probably for want of memory \(SIGKILL\)"),
    ],
)
def test_a_process_that_dies_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str, reason: str
) -> None:
    (tmp_path / "onnxruntime.py").write_text(f"import os, signal\nos.kill(os.getpid(), signal.{signal})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InvalidModel, match=reason):
        looked(networks.means(tmp_path / "a.onnx"))


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_nothing_is_left_of_a_process(tmp_path: Path) -> None:
    before = open_files()
    with pytest.raises(InvalidModel):
        looked(networks.endless(tmp_path / "a.onnx"), Limits(GIBIBYTE, 1))
    assert open_files() == before


def test_only_tasks_of_the_product_are_done() -> None:
    with pytest.raises(InvalidModel, match="there is no task"):
        in_child("os:system", {"called": "it"}, "it", SOON)


def damaged(content: bytes, seed: int) -> bytes:
    """Cut short, or with a few bytes changed."""
    chosen = random.Random(seed)  # noqa: S311 - the same in every run
    if seed == 0:
        return content[: len(content) // 2]
    changed = bytearray(content)
    for _ in range(10):
        changed[chosen.randrange(min(len(changed), 4000) if seed % 2 else len(changed))] = chosen.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_networks_are_errors_or_networks(tmp_path: Path, seed: int) -> None:
    content = networks.shares(tmp_path / "good.onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(damaged(content, seed))
    try:
        assert looked(tmp_path / "a.onnx").inputs
    except TaggerError as error:
        assert "a.onnx" in str(error)
        assert str(tmp_path) not in str(error)


def test_damaged_real_networks_are_errors_or_networks(shared_data: Path, tmp_path: Path) -> None:
    files = [file for file in sorted((shared_data / "models").rglob("*")) if file.suffix in SINGLE]
    assert len(files) >= 9
    for seed, file in enumerate(files):
        copy = tmp_path / file.name
        copy.write_bytes(damaged(file.read_bytes(), seed % FLIPS))
        try:
            assert looked(copy, Limits(4 * GIBIBYTE, 60)).runtime
        except TaggerError as error:
            assert str(tmp_path) not in str(error)


class Late(subprocess.Popen[bytes]):
    """As on a machine where the thread gets its turn only when the first wait is over."""

    late = True

    def communicate(
        self,
        input: bytes | None = None,  # noqa: A002 - the library's name
        timeout: float | None = None,
    ) -> tuple[bytes, bytes]:
        late, self.late = self.late, False
        return super().communicate(input, -1.0 if late else timeout)


def test_an_order_reaches_a_process_however_late_the_thread_gets_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", Late)
    assert looked(networks.shares(tmp_path / "a.onnx")).runtime == "onnx"
