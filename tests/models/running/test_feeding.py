"""Pictures go through a network under its own names, with its constants, as many at a time as it takes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Constant, Layout, Preprocessing, Resize
from image_tagger.models import loaded
from image_tagger.models.loaded import LoadedModel
from tests.models.onnx_texts import version, written

SQUARE = Preprocessing(Size(4, 4), scale=1.0)
SUM = "g (float[N,3,H,W] data) => (float[N] total) { total = ReduceSum<keepdims=0>(data, axes) }".replace(
    "{ total", "<int64[3] axes = {1, 2, 3}> { total"
)
DETECTOR = (
    "g (float[1,3,H,W] data, float[1,3] im_info) => (float[1,3,H,W] same, float[1,3] info)"
    " { same = Identity(data) info = Identity(im_info) }"
)


def model(folder: Path, graph: str, preprocessing: Preprocessing = SQUARE, **of_network: Any) -> LoadedModel:
    return loaded.load(version(written(folder, graph), preprocessing, **of_network), "cpu")


def batch(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Pictures of nothing but 0, 1, 2, ..."""
    return np.stack([np.full((3, 4, 4), value, np.float32) for value in range(count)])


@pytest.mark.parametrize("number", ["N", "1", "2", "3"])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_pictures_goes_through_a_network_of_any_batch(tmp_path: Path, number: str, count: int) -> None:
    one = model(tmp_path, SUM.replace("N", number))
    assert [float(total) for (total,) in one.run(batch(count))] == [48 * value for value in range(count)]


def test_several_outputs_come_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    graph = "g (float[N,2] x) => (float[N,2] a, float[N,2] b, int64[N,1] c) { a = Identity(x) b = Neg(x)"
    graph += " c = ArgMax<axis=1>(x) }"
    one = model(tmp_path, graph, outputs=("c", "b:0"))
    best, negative = one.run(np.array([[1, 2], [4, 3]], np.float32))[1]
    assert (best.dtype, best.tolist()) == (np.dtype(np.int64), [0])
    assert negative.tolist() == [-4, -3]


def test_none_asked_for_is_the_logits_or_else_the_first(tmp_path: Path) -> None:
    graph = "g (float[N,1] x) => (float[N,1] hidden, float[N,1] NAME) { hidden = Identity(x) NAME = Neg(x) }"
    for name, expected in (("logits", -1), ("other", 1)):
        ((answer,),) = model(tmp_path, graph.replace("NAME", name)).run(np.ones((1, 1), np.float32))
        assert answer.tolist() == [expected]


def test_a_constant_may_name_the_sides_of_the_picture(tmp_path: Path) -> None:
    info = Constant("im_info", (3,), ("data.1", "data.2", 1.0))
    shape = Preprocessing(Size(8, 8), Resize.NETWORK, scale=1.0)
    one = model(tmp_path, DETECTOR, shape, constants=(info,), outputs=("info",), batched=False)
    for size in ((4, 2), (3, 9)):
        prepared = one.prepare(np.zeros((*size, 3), np.uint8))
        ((found,),) = one.run(prepared.tensor[np.newaxis])
        assert found.tolist() == [[*prepared.tensor.shape[1:], 1.0]]


def test_a_constant_is_fed_to_every_picture_of_a_batch(tmp_path: Path) -> None:
    graph = "g (float[N,2] x, int64[N,2] y, float z) => (float[N,2] s)"
    graph += " { f = Cast<to=1>(y) t = Add(x, f) s = Add(t, z) }"
    constants = (Constant("y:0", (2,), (10, 20)), Constant("z", (), (0.5,)))
    answers = model(tmp_path, graph, constants=constants).run(np.array([[1, 2], [3, 4], [5, 6]], np.float32))
    assert [answer.tolist() for (answer,) in answers] == [[11.5, 22.5], [13.5, 24.5], [15.5, 26.5]]


def test_the_picture_goes_where_no_constant_goes(tmp_path: Path) -> None:
    graph = "g (float[1] first, float[N,1] second) => (float[N,1] y) { y = Sub(second, first) }"
    one = model(tmp_path, graph, constants=(Constant("first", (1,), (3,)),))
    assert one.run(np.array([[4]], np.float32))[0][0].tolist() == [1]


def test_without_a_batch_pictures_run_alone_and_outputs_stay_whole(tmp_path: Path) -> None:
    one = model(tmp_path, DETECTOR, constants=(Constant("im_info", (3,), (1, 2, 3)),), batched=False)
    assert [same.shape for (same,) in one.run(batch(3))] == [(1, 3, 4, 4)] * 3


def test_an_output_without_a_batch_is_told_apart(tmp_path: Path) -> None:
    one = model(tmp_path, "g (float[N,3,H,W] x) => (float y) { y = ReduceSum<keepdims=0>(x) }")
    with pytest.raises(InvalidModel, match="a single number for 2 pictures has no batch dimension"):
        one.run(batch(2))


@pytest.mark.parametrize(
    ("of_network", "reason"),
    [
        ({"tensor": "pixels"}, "no input 'pixels'; it has: data"),
        ({"constants": (Constant("im_info", (1,), (1,)),)}, "no input 'im_info'; it has: data"),
    ],
)
def test_inputs_that_the_network_lacks_are_named_when_it_is_opened(
    tmp_path: Path, of_network: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidModel, match=reason):
        model(tmp_path, SUM, **of_network)


def test_outputs_that_the_network_lacks_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="no output 'prob'; it has: total"):
        model(tmp_path, SUM, outputs=("prob",)).run(batch(1))


def test_an_axis_that_is_none_is_named(tmp_path: Path) -> None:
    one = model(tmp_path, DETECTOR, constants=(Constant("im_info", (3,), ("data.3", 1, 1)),))
    with pytest.raises(InvalidModel, match=r"'data\.3' names no axis of a tensor of 3 dimensions"):
        one.run(batch(1))


def test_halves_are_fed_as_halves_and_come_back_as_floats(tmp_path: Path) -> None:
    one = model(tmp_path, "g (float16[N,1] x) => (float16[N,1] y) { y = Identity(x) }")
    ((answer,),) = one.run(np.array([[1.5]], np.float32))
    assert (answer.dtype, answer.tolist()) == (np.dtype(np.float32), [1.5])


def test_truth_values_stay_what_they_are(tmp_path: Path) -> None:
    one = model(tmp_path, "g (float[N,1] x) => (bool[N,1] y) { z = Neg(x) y = Less(z, x) }")
    ((answer,),) = one.run(np.array([[1.5]], np.float32))
    assert (answer.dtype, answer.tolist()) == (np.dtype(np.bool_), [True])


def test_bytes_may_be_fed_to_a_network_of_floats_but_not_fractions_to_one_of_bytes(tmp_path: Path) -> None:
    floats = model(tmp_path, "g (float[N,1] x) => (float[N,1] y) { y = Neg(x) }")
    assert floats.run(np.array([[7]], np.uint8))[0][0].tolist() == [-7]
    of_bytes = model(tmp_path, "g (uint8[N,1] x) => (uint8[N,1] y) { y = Identity(x) }")
    with pytest.raises(InvalidModel, match="'x' takes uint8, not float32"):
        of_bytes.run(np.array([[0.5]], np.float32))


def test_a_tensor_that_the_network_refuses_is_the_models_fault(tmp_path: Path) -> None:
    one = model(tmp_path, "g (float[N,3,4,4] x) => (float[N,3,4,4] y) { y = Neg(x) }", Preprocessing(Size(5, 4)))
    with pytest.raises(InvalidModel, match="the network cannot be run"):
        one.run(one.prepare(np.zeros((4, 4, 3), np.uint8)).tensor[np.newaxis])


def test_pictures_of_other_layouts_enter_as_the_network_wants_them(tmp_path: Path) -> None:
    wanted = Preprocessing(Size(4, 2), scale=1.0, layout=Layout.NWHC)
    one = model(tmp_path, "g (float[N,4,2,3] x) => (float[N,4,2,3] y) { y = Identity(x) }", wanted)
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    ((answer,),) = one.run(one.prepare(pixels).tensor[np.newaxis])
    assert np.array_equal(answer, pixels.transpose(1, 0, 2))
