"""Tasks, detection, and networks of one's own."""

from dataclasses import astuple
from pathlib import Path

import pytest

from image_tagger.client import Classification, Client, Detection, Network, PictureInput, Specification, Task, Version
from image_tagger.domain.errors import (
    InvalidModel,
    InvalidRequest,
    NotAllowed,
    TaskFailed,
    UnknownModel,
    UnknownResource,
)
from image_tagger.domain.geometry import Region
from tests.client.conftest import KEY, Call
from tests.dialects.pictures import encoded, scene
from tests.dialects.recognition.networks import boxes, colours
from tests.server import Address

COLOURS = ("red", "green", "blue")
AS_NUMBERS = PictureInput("image", "8x8", pixel_scaling=1.0)
DIRECT = {
    "direct_output": {
        "boxes_tensor": "detection_boxes",
        "scores_tensor": "detection_scores",
        "classes_tensor": "detection_classes",
    }
}
RED = encoded(scene(1).convert("L").convert("RGB").point([*range(256)] + [0] * 512), "PNG")


@pytest.fixture(scope="module")
def network(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Tells colours apart."""
    return client.upload_network([colours(tmp_path_factory.mktemp("network") / "colours.onnx")], AS_NUMBERS)


@pytest.fixture(scope="module")
def version(client: Client, network: Network) -> Version:
    """Its version."""
    return client.make_version(network, Specification("colours", COLOURS), Classification("shares"))


def test_a_network_is_named_like_its_file(network: Network) -> None:
    assert network.name == "colours"


def test_a_version_recognises_what_its_network_does(call: Call, version: Version) -> None:
    for model in (version.model, version.current):
        assert call("tag", RED, top=1, model=model)[0].label == "red"
    assert [one.label for one in call("tag", RED, min_confidence=None, model=version.model)] == ["red"]
    assert {one.label for one in call("tag", RED, model=version.model)} == {*COLOURS}


def test_a_picture_of_the_web_is_recognised_as_its_bytes(
    call: Call, version: Version, photo: bytes, photo_url: str
) -> None:
    assert call("tag", photo_url, model=version.model) == call("tag", photo, model=version.model)


def test_a_url_may_begin_in_capitals(call: Call, photo: bytes, photo_url: str) -> None:
    loud = photo_url.replace("http", "HTTP", 1)
    assert call("tag", loud, model="starter") == call("tag", photo, model="starter")
    assert call("tag", loud) == call("tag", photo)


def test_the_models_of_the_server_answer_the_same_through_a_task(call: Call, photo: bytes) -> None:
    direct, by_task = call("tag", photo), call("tag", photo, model="starter")
    assert [one.label for one in by_task] == [one.label for one in direct]
    assert [one.score for one in by_task] == pytest.approx([one.score for one in direct], abs=1e-5)


def test_a_task_can_be_waited_for_twice_and_by_another_client(
    call: Call, client: Client, version: Version, photo_file: Path
) -> None:
    task = call("submit", photo_file, version.model, top=2, min_confidence=0.0)

    found = client.wait(task)

    assert len(found) == 2
    assert found == call("wait", task)


def test_a_task_that_fails_says_why(call: Call, version: Version) -> None:
    task = call("submit", b"no picture", version.model)
    with pytest.raises(TaskFailed, match="picture"):
        call("wait", task)


def test_thresholds_of_a_version_count_where_nothing_else_is_said(
    client: Client, network: Network, photo: bytes
) -> None:
    strict = client.make_version(network, Specification("strict", COLOURS), Classification("shares", (1.0, 0.0, 0.0)))
    assert "red" not in {one.label for one in client.wait(client.submit(photo, strict.model))}
    assert "red" in {one.label for one in client.wait(client.submit(photo, strict.model, min_confidence=0.0))}


def test_a_second_version_of_a_specification_can_become_the_current_one(
    client: Client, network: Network, version: Version
) -> None:
    second = client.make_version(network, version.specification_id, Classification("means"))
    before = client.tag(RED, model=second.current)
    client.make_current(second)
    assert second.current == version.current
    assert client.tag(RED, model=second.current) == client.tag(RED, model=second.model) != before
    client.make_current(version)


def test_a_detector_says_where(call: Call, client: Client, tmp_path: Path, photo: bytes) -> None:
    image = {"image": {"dimension_order": "NCHW", "target_size": "8x8", "data_type": "FLOAT32"}}
    whole = {"inputs": [{"tensor_name": "image", **image}], "batched_output": False}
    network = client.upload_network([boxes(tmp_path / "boxes.onnx")], whole, name="two things", framework="onnx")
    labels = tuple(f"thing {number}" for number in range(50))
    detector = client.make_version(network, Specification("things", labels, boxes=True), Detection(DIRECT, [0.6] * 50))

    first, second = call("detect", photo, detector.model, min_confidence=0.3)

    assert network.name == "two things"
    assert (first.label, first.score) == ("thing 40", 0.75)
    assert astuple(first.region) == pytest.approx(astuple(Region(0.2, 0.1, 0.6, 0.5)))
    assert (second.label, second.score) == ("thing 10", 0.5)
    assert call("detect", photo, detector.model) == (first,)
    assert call("detect", photo, detector.model, top=1, min_confidence=0.0) == (first,)


def test_a_classifier_does_not_say_where(client: Client, version: Version) -> None:
    with pytest.raises(InvalidRequest, match="not where"):
        client.detect(RED, version.model)


def test_a_file_that_is_no_network_is_refused_with_the_reason(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"no network")
    with pytest.raises(InvalidModel):
        call("upload_network", [file], AS_NUMBERS)


def test_an_input_that_the_network_lacks_is_refused(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="photo"):
        client.upload_network([colours(tmp_path / "colours.onnx")], PictureInput("photo", "8x8"))


def test_files_are_looked_at_before_anything_is_sent(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"weights")
    with pytest.raises(InvalidRequest, match="name the framework"):
        client.upload_network([file], AS_NUMBERS)
    with pytest.raises(InvalidRequest, match=r"no file gone\.onnx"):
        client.upload_network([tmp_path / "gone.onnx"], AS_NUMBERS)
    with pytest.raises(InvalidRequest, match="name the files"):
        client.upload_network([], AS_NUMBERS)


def test_a_preprocessing_that_is_no_json_is_refused(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        client.upload_network([colours(tmp_path / "colours.onnx")], {"inputs": tmp_path})


def test_what_is_not_there_is_an_error(call: Call, photo: bytes) -> None:
    for model in ("no such model", "version:999999", "specification:999999"):
        with pytest.raises(UnknownModel):
            call("submit", photo, model)
    with pytest.raises(UnknownResource):
        call("wait", Task("999999"))
    with pytest.raises(InvalidRequest, match="name the model"):
        call("submit", photo, "")


def test_a_key_is_needed(server: Address, photo: bytes) -> None:
    with Client(server.url, api_key=KEY[:-1]) as stranger, pytest.raises(NotAllowed):
        stranger.submit(photo, "starter")
