"""Films: some frames a second, each with its place in the film."""

import io
from pathlib import Path

import numpy as np
import pytest

from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import Door, Wire, made

av = pytest.importorskip("av", reason="films need the extra `video`")
SECONDS, RATE = 4, 8


def film() -> bytes:
    """Two seconds of red and two of blue, as an MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(SECONDS * RATE):
            pixels = np.zeros((48, 64, 3), np.uint8)
            pixels[..., 0 if number < SECONDS * RATE / 2 else 2] = 255
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return file.getvalue()


@pytest.fixture(scope="module")
def version(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Wire:
    """It tells colours apart."""
    network = door.upload(colours(tmp_path_factory.mktemp("film") / "network.onnx"))
    assert door.ended(network["task_id"])["error"] is None
    classification = {"classification": {"output_tensor": "shares", "thresholds": [0.6] * 3}}
    return door.version(network, door.spec(), [classification])


@pytest.mark.parametrize("rate", [1, 2])
def test_an_mp4(door: Door, version: Wire, rate: int) -> None:
    path = f"/recognition/versions/{version['id']}/inference"
    asked = door.form(path, {"inputs[0]video.process_fps": str(rate)}, **{"inputs[0]video__source": film()})
    task = door.ended(made(asked)["task_id"])
    assert task["error"] is None
    found = task["data"]["outputs"][0]["labels"]["predicted"]
    count = SECONDS * rate
    assert [one["label_name"] for one in found] == ["red"] * (count // 2) + ["blue"] * (count // 2)
    assert [one["sequence_index"] for one in found] == list(range(count))
    assert [one["sequence_time"] for one in found] == pytest.approx([n / rate for n in range(count)], abs=1 / RATE)


def test_frames_may_be_spread_evenly(door: Door, version: Wire) -> None:
    path = f"/recognition/versions/{version['id']}/inference"
    asked = door.form(path, {"inputs[0]video.process_frames": "4"}, **{"inputs[0]video__source": film()})
    found = door.ended(made(asked)["task_id"])["data"]["outputs"][0]["labels"]["predicted"]
    assert [one["label_name"] for one in found] == ["red", "red", "blue", "blue"]
    assert [one["sequence_index"] for one in found] == [0, 1, 2, 3]


def test_a_real_film(door: Door, version: Wire, shared_data: Path) -> None:
    content = (shared_data / "videos" / "cat_coffee_dragonfly.mp4").read_bytes()
    asked = door.form(f"/recognition/versions/{version['id']}/inference", {}, **{"inputs[0]video__source": content})
    task = door.ended(made(asked)["task_id"])
    assert task["error"] is None
