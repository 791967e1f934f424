"""What an inference answers: crops, thresholds, bounds, regions, the forms of a source, and films."""

import base64
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import pytest

from tests.dialects.recognition.networks import BOXES, SCORES, boxes, colours, unlike_others
from tests.dialects.recognition.platform import ALIAS, CLASSIFICATION, COLOURS, Door, Wire, made, names, outputs
from tests.upstream import ImageHost, answer

PUBLIC = f"/recognition/public/{ALIAS}"
DIRECT = {
    "direct_output": {
        "boxes_tensor": "detection_boxes",
        "scores_tensor": "detection_scores",
        "classes_tensor": "detection_classes",
    }
}


def flag() -> bytes:
    """The left half red, the right half blue, with a green square in the middle of white below."""
    picture = PIL.Image.new("RGB", (80, 80), "white")
    picture.paste("red", (0, 0, 40, 40))
    picture.paste("blue", (40, 0, 80, 40))
    picture.paste("lime", (30, 50, 50, 70))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def first(found: Wire) -> str:
    """The best predicted label."""
    label: str = found["predicted"][0]["label_name"]
    return label


@pytest.fixture(scope="module")
def version(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The path of a version that tells colours apart."""
    network = door.upload(colours(tmp_path_factory.mktemp("networks") / "network.onnx"))
    assert door.ended(network["task_id"])["status"] == "success"
    thresholds = {"classification": {"output_tensor": "shares", "thresholds": [0.3, 0.4, 0.5]}}
    yield f"/recognition/versions/{door.version(network, door.spec(), [thresholds])['id']}"
    door.delete(f"/networks/{network['id']}/")


@pytest.fixture(scope="module")
def detector(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A network that finds two boxes."""
    network = door.upload(boxes(tmp_path_factory.mktemp("networks") / "network.onnx"))
    assert door.ended(network["task_id"])["status"] == "success"
    yield network
    door.delete(f"/networks/{network['id']}/")


@pytest.mark.parametrize(
    ("box", "label"), [((0, 0, 0.5, 0.5), "red"), ((0.5, 0, 1, 0.5), "blue"), ((0.38, 0.63, 0.62, 0.87), "green")]
)
def test_a_box_cuts_the_picture(door: Door, version: str, box: tuple[float, ...], label: str) -> None:
    corners = dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    whole = {"inputs[0]image.bbox": json.dumps(corners)}
    flattened = {f"inputs[0]image.bbox.{side}": str(value) for side, value in corners.items()}
    assert first(door.labels(version, flag(), **whole)) == label
    assert first(door.labels(version, flag(), **flattened)) == label


def test_a_polygon_blanks_what_is_outside(door: Door, version: str) -> None:
    inside = "inputs[0]image.polygon[{}]{}"
    corners = ((0, 0), (1, 0), (1, 0.02), (0.5, 0.02), (0.5, 0.5), (0, 0.5))
    fields = {inside.format(place, "xy"[axis]): str(one[axis]) for place, one in enumerate(corners) for axis in (0, 1)}
    (best,) = door.labels(version, flag(), **fields)["predicted"]
    assert best["label_name"] == "red"
    assert best["score"] > 0.9


def test_a_uniform_background_is_cut_away(door: Door, version: str) -> None:
    below = {"inputs[0]image.bbox": json.dumps({"xmin": 0, "ymin": 0.52, "xmax": 1, "ymax": 1})}
    whole = door.labels(version, flag(), show_discarded=True, **below)
    cut = door.labels(version, flag(), **below, **{"inputs[0]image.crop_uniform_background": "True"})
    assert [one["score"] for one in cut["predicted"] if one["label_name"] == "green"] == [1.0]
    assert whole["discarded"]


def test_thresholds_split_and_the_best_are_kept(door: Door, version: str) -> None:
    grey = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), (128, 128, 128)).save(grey, "PNG")
    shown = door.labels(version, grey.getvalue(), show_discarded="True")
    assert {one["label_name"]: one["threshold"] for one in shown["predicted"]} == {"red": 0.3}
    assert {one["label_name"]: one["threshold"] for one in shown["discarded"]} == {"green": 0.4, "blue": 0.5}
    assert {one["label_id"] for one in (*shown["predicted"], *shown["discarded"])} == {0, 10, 20}
    assert door.labels(version, grey.getvalue()) == {**shown, "discarded": []}
    two = door.labels(version, grey.getvalue(), show_discarded="true", max_predictions="2")
    assert len(two["predicted"]) + len(two["discarded"]) == 2


def test_scores_are_written_as_floats(door: Door, version: str) -> None:
    red = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(red, "PNG")
    task = made(door.form(f"{version}/inference", {}, **{"inputs[0]image__source": red.getvalue()}))["task_id"]
    door.ended(task)
    assert '"score":1.0,' in door.get(f"/tasks/{task}/").text


def test_boxes_are_those_of_the_whole_picture(door: Door, detector: Wire) -> None:
    spec = door.spec(outputs(("cat", "dog", "bird", "cow", "hen"), roi="BBOX"))
    version = door.version(detector, spec, [{"detection": {**DIRECT, "thresholds": [0.6] * 5}}])
    path = f"/recognition/versions/{version['id']}"
    whole = door.labels(path, flag(), show_discarded=True)
    assert [(one["label_name"], one["score"]) for one in whole["predicted"]] == [("hen", SCORES[0])]
    assert [(one["label_name"], one["score"]) for one in whole["discarded"]] == [("dog", SCORES[1])]
    ymin, xmin, ymax, xmax = BOXES[0]
    roi = whole["predicted"][0]["roi"]
    assert roi["region_id"] == 1
    assert roi["bbox"] == pytest.approx({"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax})
    right = {"inputs[0]image.bbox": json.dumps({"xmin": 0.5, "ymin": 0, "xmax": 1, "ymax": 1})}
    (cut,) = door.labels(path, flag(), **right)["predicted"]
    assert cut["roi"]["bbox"] == pytest.approx(
        {"xmin": 0.5 + xmin / 2, "ymin": ymin, "xmax": 0.5 + xmax / 2, "ymax": ymax}
    )


def test_any_postprocessing_can_be_named(door: Door, detector: Wire) -> None:
    tensors = ["detection_scores", "detection_classes", "detection_boxes"]
    custom = {"postprocessing": "detection_direct", "output_tensors": tensors, "options": {"class_ids": [10, 99, 40]}}
    entry = {"detection": {"custom_output": custom, "thresholds": [0.1] * 3}}
    version = door.version(detector, door.spec(outputs(roi="BBOX")), [entry])
    assert names(door.labels(f"/recognition/versions/{version['id']}", flag())["predicted"]) == ["blue", "red"]
    wrong = {"detection": {"custom_output": {**custom, "postprocessing": "os"}}}
    body = {"network_id": detector["id"], "spec_id": version["spec_id"], "post_processings": [wrong]}
    assert "detection_direct" in door.post("/recognition/versions/", body).json()["error"]


def test_a_specification_with_two_outputs(door: Door, tmp_path: Path) -> None:
    network = door.upload(colours(tmp_path / "network.onnx"))
    door.ended(network["task_id"])
    spec = door.spec([*outputs(), *outputs(("R", "G", "B"), exclusive=False)])
    version = door.version(network, spec, CLASSIFICATION * 2)
    task = door.ask(f"/recognition/specs/{spec['id']}", flag())
    answers = [output["labels"]["predicted"] for output in task["data"]["outputs"]]
    assert set(names(answers[0])) == set(COLOURS)
    assert answers[1] == []  # of tags, none of three shares reaches one half
    assert version["post_processings"][1]["classification"]["thresholds"] == [0.5] * 3


def test_every_form_of_a_source_gives_one_answer(door: Door, photo: bytes, photo_url: str) -> None:
    text = base64.b64encode(photo).decode()

    def in_json(source: str) -> httpx.Response:
        body = {"inputs": [{"image": {"source": source}}], "show_discarded": True, "max_predictions": 5}
        return door.post(f"{PUBLIC}/inference", body)

    def in_form(source: bytes) -> httpx.Response:
        options = {"show_discarded": "True", "max_predictions": "5"}
        return door.form(f"{PUBLIC}/inference", options, **{"inputs[0]image__source": source})

    responses = (
        in_json(photo_url),
        in_json(f"data:image/*;base64,{text}"),
        in_json(f"data:image/jpeg;base64,{text}"),
        in_form(photo),
        in_form(photo_url.encode()),
        in_form(b"data:image/*;binary," + photo),
        in_form(b"data:image/jpeg;base64," + text.encode()),
    )
    found = [door.ended(made(response)["task_id"])["data"] for response in responses]
    assert found[0] is not None
    assert found[1:] == [found[0]] * (len(found) - 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "inputs: this field is required"),
        ({"inputs": []}, "inputs: this list may not be empty"),
        ({"inputs": [{}]}, "exactly one of image, video"),
        ({"inputs": [{"image": {}}]}, "source"),
        ({"inputs": [1]}, "inputs.0: must be an object"),
        ({"inputs": [{"image": {"source": 1}}]}, "inputs.0.image.source: must be a text, or in a form the bytes"),
        ({"inputs": [{"image": {"source": "http://a/", "bbox": [0, 0, 1, 1]}}]}, "bbox: must be an object"),
        ({"inputs": [{"image": {"source": "http://a/"}}] * 101}, "inputs: this list may have at most 100 entries"),
        ({"inputs": [{"image": {"source": "http://a/"}}], "max_predictions": 1.5}, "must be a whole number"),
        ({"inputs": [{"image": {"source": "http://a/"}}], "show_discarded": 2}, "must be true or false"),
        ({"inputs": [{"image": {"source": "photo.jpg"}}]}, "must be a URL"),
        ({"inputs": [{"image": {"source": "data:image/*;base64,====="}}]}, "source"),
        ({"inputs": [{"image": {"source": "data:image/*;base32,AAAA"}}]}, "prefix"),
        ({"inputs": [{"image": {"source": "http://a/"}}] * 2}, "one picture, not 2"),
        (
            {"inputs": [{"image": {"source": "http://a/", "bbox": {"xmin": 0, "ymin": 0, "xmax": 2, "ymax": 1}}}]},
            "bbox",
        ),
        ({"inputs": [{"image": {"source": "http://a/", "polygon": [{"x": 0, "y": 0}] * 2}}]}, "3 points"),
        ({"inputs": [{"image": {"source": "http://a/", "polygon": [{"x": 0, "y": 0}] * 3}}]}, "polygon"),
        ({"inputs": [{"image": {"source": "http://a/"}}], "max_predictions": 0}, "max_predictions"),
        ({"inputs": [{"video": {"source": "http://a/", "process_fps": 0}}]}, "process_fps"),
    ],
)
def test_a_wrong_question_is_refused(door: Door, body: Any, reason: str) -> None:
    response = door.post(f"{PUBLIC}/inference", body)
    assert response.status_code == 400
    assert reason in response.json()["error"]


def test_a_specification_without_a_version_cannot_be_asked(door: Door) -> None:
    body = {"inputs": [{"image": {"source": "http://a/"}}]}
    response = door.post(f"/recognition/specs/{door.spec()['id']}/inference", body)
    assert response.status_code == 400
    assert "no current version" in response.json()["error"]


def test_a_url_may_begin_in_capitals(door: Door, photo: bytes, photo_url: str) -> None:
    loud = photo_url.replace("http", "HTTP", 1)
    assert door.labels(PUBLIC, loud.encode()) == door.labels(PUBLIC, photo)


def test_an_unreachable_picture_is_an_error_of_the_task(door: Door, host: ImageHost) -> None:
    body = {"inputs": [{"image": {"source": f"{host.address}/not-there.jpg"}}]}
    task = door.ended(made(door.post(f"{PUBLIC}/inference", body))["task_id"])
    assert (task["status"], task["data"]) == ("error", None)
    assert "404" in task["error"]


def test_an_unknown_tensor_is_an_error_of_the_task(door: Door) -> None:
    fields = {"output_tensors[0]": "nothing"}
    task = door.ask("/networks/public/starter", flag(), **fields)
    assert task["status"] == "error"
    assert "nothing" in task["error"]


def test_tensors_have_their_shape_under_every_name_it_had(door: Door) -> None:
    task = door.ask("/networks/public/starter", flag(), **{"output_tensors[0]": "logits"})
    (tensor,) = task["data"]["tensors"]
    assert tensor["shape"] == tensor["dims"] == tensor["dim"] == [1, 293]
    assert len(tensor["data"]) == 293


def test_frames_of_a_film_say_when(door: Door, host: ImageHost) -> None:
    frames = [PIL.Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    film = io.BytesIO()
    frames[0].save(film, "GIF", save_all=True, append_images=frames[1:], duration=1000)
    url = host.on("/film.gif", answer(film.getvalue(), content_type="image/gif"))
    body = {"inputs": [{"video": {"source": url, "process_fps": 1}}], "max_predictions": 1, "show_discarded": True}
    task = door.ended(made(door.post(f"{PUBLIC}/inference", body))["task_id"])
    labels = task["data"]["outputs"][0]["labels"]
    found = sorted((*labels["predicted"], *labels["discarded"]), key=lambda one: one["sequence_index"])
    assert [(one["sequence_index"], one["sequence_time"]) for one in found] == [(0, 0.0), (1, 1.0), (2, 2.0)]


def test_a_registered_version_is_a_model_of_every_door(http: httpx.Client, version: str, host: ImageHost) -> None:
    url = host.on("/flag.png", answer(flag(), content_type="image/png"))
    number = version.rpartition("/")[2]
    answered = http.post(
        "/api/image-classification", params={"model_name": f"version:{number}"}, files={"file": flag()}
    )
    assert {one["label"] for one in answered.json()} == set(COLOURS)
    assert url.endswith("/flag.png")
    unknown = http.post("/api/image-classification", params={"model_name": "version:99999"}, files={"file": flag()})
    assert unknown.status_code == 404


def test_tasks_are_listed_latest_first_and_unknown_ones_left_out(door: Door) -> None:
    ids = [door.ask(PUBLIC, flag())["id"] for _ in range(2)]
    wanted = "&".join(f"task_ids={number}" for number in (*ids, 7))
    assert [task["id"] for task in door.get(f"/tasks/?{wanted}").json()["results"]] == ids
    assert [task["id"] for task in door.get("/tasks/?limit=2").json()["results"]] == ids[::-1]
    page = door.get(f"/tasks/?{wanted}&limit=1").json()
    assert f"task_ids={ids[0]}" in page["next"]
    assert f"task_ids={ids[1]}" in page["next"]


def test_a_removed_version_ends_its_tasks_with_a_reason(door: Door, tmp_path: Path) -> None:
    network = door.upload(colours(tmp_path / "network.onnx"))
    version = door.version(network, door.spec())
    door.ended(network["task_id"])
    door.delete(f"/networks/{network['id']}/")
    body = {"inputs": [{"image": {"source": "http://a/"}}]}
    assert door.post(f"/recognition/versions/{version['id']}/inference", body).status_code == 410


@pytest.mark.parametrize("kind", ["version", "network"])
def test_what_is_removed_while_a_task_loads_it_is_the_tasks_error(
    door: Door, host: ImageHost, tmp_path: Path, kind: str
) -> None:
    network = door.upload(unlike_others(colours(tmp_path / "network.onnx"), kind))
    version = door.version(network, door.spec())
    door.ended(network["task_id"])
    removed = {"version": version, "network": network}[kind]

    def removing(connection: socket.socket) -> None:  # a task knows what it is going to load when it fetches
        door.delete(f"/networks/{network['id']}/")
        answer(flag())(connection)

    body = {"inputs": [{"image": {"source": host.on("/removing.png", removing)}}], "output_tensors": ["shares"]}
    path = {"version": f"/recognition/versions/{version['id']}", "network": f"/networks/{network['id']}"}[kind]
    task = door.ended(made(door.post(f"{path}/inference", body))["task_id"])
    assert (task["status"], task["error"]) == ("error", f"the {kind} {removed['id']} was removed")
