"""Where the best value hardly leads, the exact runtime answers; everything else is the fast one's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.running.rechecked import Rechecked, doubtful
from image_tagger.models.runtimes import onnx

MARGIN = 0.5
BOTH = ("answer", "double")
FAST, EXACT = 1.0, 10.0  # what the two networks make of a colour's mean
CLEAR, CLOSE, LEVEL = (1.0, 0.25, 0.0), (0.5, 0.25, 0.0), (0.5, 0.0, 0.0)  # LEVEL leads by the margin itself


def network(file: Path, times: float, batch: int | str = "n", *, rows: bool = True) -> Path:
    """Pictures (batch, 3, 4, 4) -> `answer`, the means of the colours so many times, and `double` of it."""
    flat = (
        helper.make_node("Flatten", ["pooled"], ["flat"]) if rows else helper.make_node("Squeeze", ["pooled"], ["flat"])
    )
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        flat,
        helper.make_node("Mul", ["flat", "times"], ["answer"]),
        helper.make_node("Add", ["answer", "answer"], ["double"]),
    ]
    shape = [batch, 3] if rows else [3]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, 4, 4])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("answer", "double")],
        [numpy_helper.from_array(np.array(times, np.float32), "times")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file.write_bytes(model.SerializeToString())
    return file


def rechecked(folder: Path, batch: int | str = "n", *, rows: bool = True) -> Rechecked:
    files = {times: network(folder / f"{times}.onnx", times, batch, rows=rows) for times in (FAST, EXACT)}
    return Rechecked(onnx.load(files[FAST], "cpu"), onnx.load(files[EXACT], "cpu"), MARGIN)


def pictures(*colours: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(colours, np.float32)[:, :, np.newaxis, np.newaxis].repeat(4, 2).repeat(4, 3)


def test_only_pictures_in_doubt_get_the_exact_answer(tmp_path: Path) -> None:
    answer, double = rechecked(tmp_path).run({"image": pictures(CLEAR, CLOSE, LEVEL, CLOSE)}, BOTH)
    expected = np.array([CLEAR, CLOSE, LEVEL, CLOSE]) * [[FAST], [EXACT], [FAST], [EXACT]]
    np.testing.assert_allclose(answer, expected)
    np.testing.assert_allclose(double, 2 * expected)


def test_the_first_wanted_output_tells_the_doubt(tmp_path: Path) -> None:
    narrow = (0.75, 0.375, 0.0)  # leads by less than the margin in `answer`, by more in `double`
    network = rechecked(tmp_path)
    for wanted, times in ((["answer"], EXACT), (["double"], 2 * FAST), (["double", "answer"], 2 * FAST)):
        found = network.run({"image": pictures(narrow)}, wanted)
        assert len(found) == len(wanted)
        np.testing.assert_allclose(found[0], np.array([narrow]) * times)


@pytest.mark.parametrize(("colour", "times"), [(CLEAR, FAST), (CLOSE, EXACT)])
@pytest.mark.parametrize("rows", [True, False])
def test_a_network_that_takes_one_picture(tmp_path: Path, colour: tuple[float, ...], times: float, rows: bool) -> None:
    answer, _ = rechecked(tmp_path, 1, rows=rows).run({"image": pictures(colour)}, BOTH)
    assert answer.shape == ((1, 3) if rows else (3,))
    np.testing.assert_allclose(answer.ravel(), np.array(colour) * times)


def test_a_network_that_insists_on_a_number_of_pictures(tmp_path: Path) -> None:
    [answer] = rechecked(tmp_path, 3).run({"image": pictures(CLEAR, CLOSE, CLEAR)}, ["answer"])
    np.testing.assert_allclose(answer, np.array([CLEAR, CLOSE, CLEAR]) * [[FAST], [EXACT], [FAST]])


def test_what_no_lead_can_be_seen_in() -> None:
    infinite, nothing = float("inf"), float("nan")
    values = np.array([[2, 1, 0], [nothing, 1, 9], [infinite, infinite, 0], [infinite, 1, 0], [-infinite] * 3])
    assert doubtful(values, MARGIN).tolist() == [False, True, True, False, True]
    assert doubtful(values[:, :1], MARGIN).tolist() == [False] * 5  # one value leads nobody
    assert doubtful(np.array([[7, 7], [7, 8]], np.uint8), MARGIN).tolist() == [True, False]


@pytest.mark.parametrize("threads", [0, 2])
def test_threads_do_not_disturb_each_other(tmp_path: Path, threads: int) -> None:
    network = rechecked(tmp_path)
    network = network.with_threads(threads) if threads else network
    assert network.margin == MARGIN
    turns = [[(CLEAR, CLOSE)[(place >> bit) % 2] for bit in range(1 + place % 4)] for place in range(40)]
    with ThreadPoolExecutor(8) as together:
        found = list(together.map(lambda colours: network.run({"image": pictures(*colours)}, ["answer"])[0], turns))
    for colours, answer in zip(turns, found, strict=True):
        times = [[EXACT if colour == CLOSE else FAST] for colour in colours]
        np.testing.assert_allclose(answer, np.array(colours) * times)


def test_it_takes_and_gives_what_the_network_does(tmp_path: Path) -> None:
    network = rechecked(tmp_path)
    assert [info.name for info in (*network.inputs, *network.outputs)] == ["image", "answer", "double"]
    wrong: list[tuple[dict[str, Any], list[str]]] = [({}, []), ({"image": pictures(CLOSE)}, ["nothing"])]
    for feeds, outputs in wrong:
        with pytest.raises(InvalidModel):
            network.run(feeds, outputs)
