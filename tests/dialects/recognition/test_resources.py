"""Networks, specifications and versions: what comes back, what may change, and what goes with what."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.recognition.networks import boxes, colours
from tests.dialects.recognition.platform import CLASSIFICATION, Door, Wire, made, outputs, preprocessing

DIRECT = {
    "direct_output": {
        "boxes_tensor": "detection_boxes",
        "scores_tensor": "detection_scores:0",
        "classes_tensor": "detection_classes:0",
    }
}


@pytest.fixture(scope="module")
def network(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Wire:
    """A network that is uploaded and checked, and that no test changes."""
    uploaded = door.upload(colours(tmp_path_factory.mktemp("networks") / "network.onnx"))
    assert door.ended(uploaded["task_id"])["status"] == "success"
    return uploaded


@pytest.fixture
def spare(door: Door, network_file: Path) -> Wire:
    """A network that a test may change and remove."""
    return door.upload(colours(network_file))


def test_a_network_comes_back_as_it_was_sent(door: Door, network: Wire) -> None:
    found = door.get(f"/networks/{network['id']}/").json()
    assert found == network
    assert type(found["id"]) is int
    assert type(found["task_id"]) is str
    sent = preprocessing()["inputs"][0]
    assert found["preprocessing"]["inputs"][0]["tensor_name"] == sent["tensor_name"]
    assert sent["image"].items() <= found["preprocessing"]["inputs"][0]["image"].items()
    assert (found["description"], found["metadata"], found["framework"]) == ("", {}, "onnx")


def test_a_network_is_in_the_list(door: Door, network: Wire) -> None:
    assert network in door.get("/networks/?limit=1000").json()["results"]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_what_changes_and_what_stays(http: httpx.Client, spare: Wire, method: str) -> None:
    changes = {"description": "seen", "metadata": {"owner": {"lab": [1, None]}}}
    changed = http.request(method, f"/v0.7/networks/{spare['id']}", json=changes).json()
    assert changed == {**spare, **changes, "update_date": changed["update_date"]}
    assert changed["update_date"] > spare["update_date"]


def test_what_cannot_change_is_said(door: Door, network: Wire) -> None:
    response = door.patch(f"/networks/{network['id']}/", {"framework": "tflite"})
    assert (response.status_code, response.json()["error"]) == (400, "framework: this field cannot be changed")


def test_a_removed_network_takes_its_versions_along(door: Door, spare: Wire) -> None:
    spec = door.spec()
    version = door.version(spare, spec)
    assert door.delete(f"/networks/{spare['id']}/").status_code == 204
    for path in (f"/networks/{spare['id']}/", f"/recognition/versions/{version['id']}/"):
        assert door.get(path).status_code == 410
    assert door.get(f"/recognition/specs/{spec['id']}/").json()["current_version_id"] is None
    assert door.delete(f"/networks/{spare['id']}/").status_code == 410


def test_a_removed_specification_takes_its_versions_along(door: Door, network: Wire) -> None:
    spec = door.spec()
    version = door.version(network, spec)
    assert door.delete(f"/recognition/specs/{spec['id']}/").status_code == 204
    assert door.get(f"/recognition/versions/{version['id']}/").status_code == 410
    assert door.get(f"/networks/{network['id']}/").status_code == 200


def test_a_specification_comes_back_with_its_outputs(door: Door) -> None:
    wanted = outputs(("door", "window"), roi="BBOX", first=4)
    spec = made(door.post("/recognition/specs/", {"name": "house", "outputs": wanted, "metadata": {"team": "b"}}))
    assert spec == door.get(f"/recognition/specs/{spec['id']}").json()
    assert (spec["outputs"], spec["metadata"], spec["current_version_id"]) == (wanted, {"team": "b"}, None)
    listed = door.get("/recognition/specs/?limit=1000").json()["results"]
    assert {**listed[-1], "outputs": wanted} == spec


@pytest.mark.parametrize("metadata", ["123", "null", "[1]", '{"a": 1}', "a", "", 5, None, ["123"]])
def test_metadata_in_json_is_what_it_says(door: Door, metadata: Any) -> None:
    spec = made(door.post("/recognition/specs/", {"name": "x", "outputs": outputs(), "metadata": metadata}))
    assert door.get(f"/recognition/specs/{spec['id']}/").json()["metadata"] == metadata
    changed = door.patch(f"/recognition/specs/{spec['id']}/", {"metadata": {"is": metadata}}).json()
    assert changed["metadata"] == {"is": metadata}


@pytest.mark.parametrize(
    ("fields", "metadata"),
    [
        ({"metadata": '{"a": [1, null]}'}, {"a": [1, None]}),
        ({"metadata": "123"}, 123),
        ({"metadata": "plain"}, "plain"),
        ({"metadata.source": "camera", "metadata.years[0]": "1"}, {"source": "camera", "years": ["1"]}),
    ],
)
def test_metadata_in_a_form_is_json_or_paths(door: Door, fields: Wire, metadata: Any) -> None:
    described = {"name": "x", "outputs": json.dumps(outputs()), **fields}
    assert made(door.form("/recognition/specs/", described, unknown=b"x"))["metadata"] == metadata
    described = {"name": "x", "framework": "onnx", "preprocessing": json.dumps(preprocessing()), **fields}
    assert made(door.form("/networks/", described, a__onnx=b"x"))["metadata"] == metadata


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"outputs": []}, "outputs: this list may not be empty"),
        ({"name": ""}, "name"),
        ({"outputs": [{"labels": {"labels": [], "exclusive": True}}]}, "outputs.0.labels.labels"),
        ({"outputs": [{"text": {"characters": []}}]}, "outputs.0.labels"),
        ({"outputs": outputs(("a", "b"), roi="MASK")}, "roi"),
        ({"outputs": [{"labels": {"labels": [{"id": 1, "name": "a"}] * 2, "exclusive": True}}]}, "twice"),
        ({"outputs": [{"labels": 1}]}, "outputs.0.labels: must be an object"),
        ({"outputs": {}}, "outputs: must be a list"),
        (
            {"outputs": [{"labels": {"labels": [{"id": "a", "name": 1}], "exclusive": 2}}]},
            "0.id: must be a whole number",
        ),
        ({"outputs": [{**outputs()[0], "scalar": {}}]}, "outputs.0.scalar: there is no such field"),
        ({"name": "x" * 1001}, "name: this text may have at most 1000 characters"),
        ({"name": "a\0"}, "name: no text may hold the character U+0000"),
        ({"description": None}, "description: must be a text"),
    ],
)
def test_a_wrong_specification_is_refused(door: Door, wrong: Wire, reason: str) -> None:
    response = door.post("/recognition/specs/", {"name": "x", "outputs": outputs(), **wrong})
    assert response.status_code == 400
    assert reason in response.json()["error"]


def test_a_version_comes_back_and_lists_without_its_post_processings(door: Door, network: Wire) -> None:
    spec = door.spec()
    version = door.version(network, spec)
    assert version == door.get(f"/recognition/versions/{version['id']}/").json()
    names = (version["spec_id"], version["network_id"], version["spec_name"], version["network_name"])
    assert names == (spec["id"], network["id"], "colours", "test")
    (listed,) = door.get(f"/recognition/specs/{spec['id']}/versions").json()["results"]
    assert {**listed, "post_processings": version["post_processings"]} == version
    assert listed in door.get("/recognition/versions/?limit=1000").json()["results"]


@pytest.mark.parametrize(
    ("exclusive", "roi", "threshold"), [(True, "NONE", 0.025), (False, "NONE", 0.5), (True, "BBOX", 0.8)]
)
def test_thresholds_that_are_left_out(
    door: Door, network_file: Path, exclusive: bool, roi: str, threshold: float
) -> None:
    network = door.upload(boxes(network_file) if roi == "BBOX" else colours(network_file))
    spec = door.spec(outputs(exclusive=exclusive, roi=roi))
    entries: list[Wire] = [{"detection": DIRECT}] if roi == "BBOX" else CLASSIFICATION
    (entry,) = door.version(network, spec, entries)["post_processings"]
    assert next(iter(entry.values()))["thresholds"] == [threshold] * 3


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([], "post_processings"),
        (CLASSIFICATION * 2, "1 outputs, and there are 2"),
        ([{"classification": {"output_tensor": "shares", "thresholds": [0.5]}}], "1 thresholds for 3 labels"),
        ([{"classification": {"output_tensor": "nothing"}}], "it gives: means, shares"),
        ([{"classification": {"output_tensor": "shares", "treshold": 1}}], "treshold"),
        ([{"detection": DIRECT}], "BBOX"),
        ([{"detection": {**DIRECT, "yolo_output": {"output_tensor": "a", "anchors": [1, 1]}}}], "exactly one of"),
        ([{}], "exactly one of"),
    ],
)
def test_a_wrong_version_is_refused(door: Door, network: Wire, entries: list[Any], reason: str) -> None:
    body = {"network_id": network["id"], "spec_id": door.spec()["id"], "post_processings": entries}
    response = door.post("/recognition/versions/", body)
    assert response.status_code == 400
    assert reason in response.json()["error"]


@pytest.mark.parametrize("number", [999999, -1, 2**63, 10**30])
def test_a_version_of_nothing_is_a_wrong_request(door: Door, network: Wire, number: int) -> None:
    body = {"network_id": network["id"], "spec_id": number, "post_processings": CLASSIFICATION}
    assert door.post("/recognition/versions/", body).status_code == 400


def test_the_first_version_is_current_and_another_can_be(door: Door, network: Wire) -> None:
    spec = door.spec()
    path = f"/recognition/specs/{spec['id']}/"
    first, second = door.version(network, spec), door.version(network, spec)
    assert door.get(path).json()["current_version_id"] == first["id"]
    assert door.patch(path, {"current_version_id": second["id"]}).json()["current_version_id"] == second["id"]
    assert door.delete(f"/recognition/versions/{second['id']}").status_code == 204
    assert door.get(path).json()["current_version_id"] == first["id"]


def test_a_version_of_another_specification_cannot_be_current(door: Door, network: Wire) -> None:
    spec, other = door.spec(), door.version(network, door.spec())
    response = door.patch(f"/recognition/specs/{spec['id']}/", {"current_version_id": other["id"]})
    assert response.status_code == 400
    assert "no version of this specification" in response.json()["error"]


@pytest.mark.parametrize("number", [-1, 2**63, 10**30, "first", 1.5])
def test_what_is_no_id_cannot_be_current(door: Door, number: object) -> None:
    response = door.patch(f"/recognition/specs/{door.spec()['id']}/", {"current_version_id": number})
    assert response.status_code == 400
    assert response.json()["error"].startswith("current_version_id: must be ")


def test_dates_are_utc_with_microseconds(network: Wire) -> None:
    assert len(network["create_date"]) == len("2024-05-02T08:10:00.000001Z")
    assert network["create_date"][-1] == "Z"
