"""Caffe's and Darknet's files are read and checked without OpenCV: what is wrong with them is said."""

import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel, MissingExtra
from image_tagger.models.formats.caffe.network import deploy, read_deploy
from image_tagger.models.formats.caffe.proposals import without_code
from image_tagger.models.formats.caffe.prototxt import parse
from image_tagger.models.formats.caffe.weights import check_weights
from image_tagger.models.formats.darknet.network import configuration
from image_tagger.models.formats.darknet.weights import check_weights as check_darknet
from image_tagger.models.runtimes import opencv
from tests.models.runtimes.caffemodels import (
    CLASSIFIER,
    DARKNET,
    FASTER_RCNN,
    of_classifier,
    write_caffe,
    write_darknet,
)

MANY = 10**6
LAYER = "layer { name: 'a' type: 'ReLU' bottom: 'a' top: 'a' }\n"
INPUT = 'input: "data" input_dim: [1, 3, 8, 8]\n'


def test_layers_inputs_and_outputs() -> None:
    network = deploy(CLASSIFIER)
    assert network.types == ("Convolution", "ReLU", "Pooling", "InnerProduct", "Softmax")
    assert network.inputs == (("data", (1, 3, 8, 8)),)
    assert network.outputs == ("prob",)
    assert network.maker("conv") == ("relu", 0)  # the last one that writes it
    assert network.maker("data") is None


def test_every_way_to_declare_inputs() -> None:
    layer = (
        'layer { name: "i" type: "Input" top: "a" top: "b" input_param { shape: { dim: 1 dim: 2 } shape { dim: 3 } } }'
    )
    assert deploy(layer + LAYER).inputs == (("a", (1, 2)), ("b", (3,)))
    two = 'input: "a" input: "b" input_shape { dim: 1 dim: 2 } input_shape < dim: 3 >'
    assert deploy(two + LAYER).inputs == (("a", (1, 2)), ("b", (3,)))
    assert deploy(INPUT + LAYER).inputs == (("data", (1, 3, 8, 8)),)
    assert deploy('input: "data"' + LAYER).inputs == (("data", ()),)


def test_a_blob_written_in_place_is_an_output() -> None:
    assert deploy(INPUT + "layer { name: 'a' type: 'ReLU' bottom: 'data' top: 'a' }" + LAYER).outputs == ("a",)


def test_types_of_the_old_form_have_their_new_names() -> None:
    old = "".join(f"layers {{ type: {name} }}" for name in ("INNER_PRODUCT", "RELU", "LRN", "SOFTMAX", "DATA"))
    assert deploy(INPUT + old).types == ("InnerProduct", "ReLU", "LRN", "Softmax", "Data")


def test_what_the_text_form_allows() -> None:
    tree = parse("a: 'x' \"y\", b: [1, -2.5e-3]; c < d: TRUE > # end\nc: { d: -inf }")
    assert tree.texts("a") == ["xy"]
    assert tree.texts("b") == ["1", "-2.5e-3"]
    assert [inside.text("d") for inside in tree.messages("c")] == ["TRUE", "-inf"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no layer"),
        (LAYER, "it declares no input: a network for training is not one for use"),
        (INPUT + "layer { name: 'a' }", "its layer 'a' has no type"),
        (INPUT + "layer { type: 'ReLU'", "it is cut short"),
        (INPUT + "layer { type: 'ReLU\n' }", "line 2 is no prototxt"),
        (INPUT + "layer } ", "line 2 is no prototxt: '} '"),
        (INPUT + "layer: ]", "line 2 is no prototxt"),
        ("\x89PNG", "line 1 is no prototxt"),
        ("a\0b", "it is no text"),
        ("a {" * MANY, "it has more than 32 messages in each other"),
        (LAYER * 20_001, "it has more than 20000 layers"),
        ("a: 1 " * MANY, "it has more than 1000000 words"),
        ('input: "data" input_dim: 2000000000 input_dim: 9 ' + LAYER, "its input 'data' is of 2000000000 x 9 numbers"),
        ('input: "data" input_dim: 0 ' + LAYER, "its input 'data' is of 0 numbers"),
        ('input: "data" input_dim: x ' + LAYER, "its input_dim is 'x', no whole number"),
    ],
)
def test_a_wrong_prototxt_is_refused_with_its_name_and_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "deploy.prototxt"
    file.write_text(text)
    with pytest.raises(InvalidModel) as refused:
        read_deploy(file)
    assert str(refused.value).startswith("deploy.prototxt cannot be used: ")
    assert reason in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("layer", ["layer{}", LAYER], ids=["empty", "whole"])
def test_a_million_layers_are_refused_soon(tmp_path: Path, layer: str) -> None:
    file = tmp_path / "deploy.prototxt"
    file.write_text(INPUT + layer * MANY)
    began = time.process_time()
    with pytest.raises(InvalidModel, match=r"more than (20000 layers|16 megabytes)"):
        read_deploy(file)
    assert time.process_time() - began < 10


@given(st.text(alphabet="ab:{}<>[]\"'\\#,;-1. \n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert str(error)


def test_comments_in_any_encoding_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "deploy.prototxt").write_bytes("# 网络\n".encode("gbk") + CLASSIFIER.encode())
    assert read_deploy(tmp_path / "deploy.prototxt").outputs == ("prob",)


def test_the_proposal_layer_of_python_becomes_the_one_of_c() -> None:
    network = without_code(deploy(FASTER_RCNN.replace('16" }', "16, 'scales': [4, 8]\" }")))
    (layer,) = [layer for layer in network.layers if layer.type == "Proposal"]
    (numbers,) = layer.message.messages("proposal_param")
    assert (layer.bottoms, layer.tops) == (("scores", "box", "im_info"), ("rois",))
    assert (numbers.text("feat_stride"), numbers.texts("scale")) == ("16", ["4", "8"])
    assert "Python" not in network.types
    assert len(network.layers) == len(deploy(FASTER_RCNN).layers)


@pytest.mark.parametrize(("name", "other"), [("ProposalLayer", "DataLayer"), ("rpn.proposal_layer", "os")])
def test_other_code_is_refused(name: str, other: str) -> None:
    with pytest.raises(ValueError, match=r"its layer 'proposal' is code, .* of Python, which is never run"):
        without_code(deploy(FASTER_RCNN.replace(name, other)))


def test_weights_that_fit_pass(tmp_path: Path) -> None:
    write_caffe(tmp_path, CLASSIFIER, of_classifier())
    check_weights(tmp_path / "deploy.caffemodel", deploy(CLASSIFIER))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no caffemodel: it is empty"),
        (b"\xa2\x06\xff\xff\xff\xff\x07", "is no caffemodel: it is cut short: 2147483647 more bytes are announced"),
        (b"not one", "is no caffemodel: "),
        (b"\xa2\x06\x06\x0a\x04conv", "holds no weights for the layer 'conv' and 1 more of the network"),
    ],
    ids=["empty", "two gigabytes", "text", "others"],
)
def test_wrong_weights_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "deploy.caffemodel").write_bytes(content)
    with pytest.raises(InvalidModel) as refused:
        check_weights(tmp_path / "deploy.caffemodel", deploy(CLASSIFIER))
    assert str(refused.value).startswith(f"deploy.caffemodel {reason}")


def test_weights_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    write_caffe(tmp_path, CLASSIFIER, of_classifier())
    file = tmp_path / "deploy.caffemodel"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InvalidModel, match=r"deploy\.caffemodel is no caffemodel: it is cut short: 20 more bytes"):
        check_weights(file, deploy(CLASSIFIER))


DARKNET_WEIGHTS = 4 * 3 * 9 + 4 * 4 + 21 * 4 + 21


def test_a_darknet_configuration_knows_its_weights() -> None:
    known = configuration(DARKNET)
    assert (known.shape, known.weights, known.exact) == ((3, 16, 16), DARKNET_WEIGHTS, True)


def test_routes_groups_and_reorganisations_count() -> None:
    routed = "[route]\nlayers=-1,0\n[reorg]\nstride=2\n[convolutional]\nfilters=8\nsize=3\ngroups=4\n"
    assert configuration(DARKNET + routed).weights == DARKNET_WEIGHTS + 8 + 8 * ((21 + 4) * 4 // 4) * 9


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no layer"),
        ("[net]\nwidth=8", "it does not begin with [net] and its layers"),
        ("hello", "line 1 is no Darknet configuration"),
        (DARKNET + "[local]\n[detection]", "OpenCV has no layers of the types detection, local"),
        (DARKNET.replace("width=16", "width=1000000000"), "its pictures are of 3 x 16 x 1000000000 numbers"),
        (DARKNET.replace("filters=4", "filters=-4"), "filters=-4 of its [convolutional] is no number to work with"),
        (DARKNET + "[route]\nlayers=9", "a [route] of it names a layer that does not come before it"),
        (DARKNET + "[route]", "a [route] of it names no layers"),
        (DARKNET + "[maxpool]\n" * MANY, "it has more than"),
    ],
)
def test_a_wrong_configuration_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the reason is compared
        configuration(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize("change", [-1, 1, 100])
def test_another_number_of_darknet_weights_is_refused(tmp_path: Path, change: int) -> None:
    write_darknet(tmp_path, DARKNET, np.zeros(DARKNET_WEIGHTS + change, np.float32))
    with pytest.raises(InvalidModel, match=rf"net\.weights holds {DARKNET_WEIGHTS + change} weights; the network asks"):
        check_darknet(tmp_path / "net.weights", configuration(DARKNET))


def test_a_claim_of_two_gigabytes_is_refused(tmp_path: Path) -> None:
    write_darknet(tmp_path, DARKNET, np.zeros(DARKNET_WEIGHTS, np.float32))
    claim = configuration(DARKNET.replace("filters=4", "filters=20000000"))
    with pytest.raises(InvalidModel, match="the network asks for 1040000021: another or cut short"):
        check_darknet(tmp_path / "net.weights", claim)


def test_without_the_extra_its_name_is_told(tmp_path: Path) -> None:
    with suppress(ImportError):
        if hasattr(import_module("cv2").dnn, "readNetFromCaffe"):
            pytest.skip("the extra is installed")
    with pytest.raises(MissingExtra, match=r"pip install 'image-tagger\[opencv\]'"):
        opencv.load(write_caffe(tmp_path, CLASSIFIER, of_classifier()), "cpu")
