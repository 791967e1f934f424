"""`image-tagger detect`, from names to boxes in text, JSON and pictures."""

import json
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.cli.conftest import Tagger
from tests.models.detectors import quarter_detector
from tests.models.test_detector_folders import DETECTORS, folder_of

WHITE = (255, 255, 255)
BRIGHT, DULL = 255, 128


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(quarter_detector(tmp_path / "quarters"))


def picture(file: Path, *quarters: tuple[int, int], brightness: int = BRIGHT) -> str:
    """80 x 40 black pixels, but for the quarters at these columns and rows."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    for column, row in quarters:
        pixels[20 * row : 20 * row + 20, 40 * column : 40 * column + 40] = brightness
    PIL.Image.fromarray(pixels).save(file)
    return str(file)


def animation(file: Path) -> str:
    """Two frames, half a second each: the first quarter is bright, then the last."""
    frames = [PIL.Image.open(picture(file.with_suffix(".png"), place)).copy() for place in ((0, 0), (1, 1))]
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=500)
    file.with_suffix(".png").unlink()
    return str(file)


def test_each_object_has_a_line_with_its_box_in_pixels(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo = picture(tmp_path / "a.png", (0, 0), (1, 1))
    outcome = tagger("detect", photo, "--model", model)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        f"{photo}: 2 objects",
        "  light 100.0% at 0,0 - 40,20",
        "  light 100.0% at 40,20 - 80,40",
    ]


def test_the_box_is_that_of_the_whole_picture_in_spite_of_a_letterbox(tagger: Tagger, tmp_path: Path) -> None:
    boxed = str(quarter_detector(tmp_path / "boxed", resize="fill"))
    photo = picture(tmp_path / "a.png", (0, 0), (0, 1), (1, 0), (1, 1))
    (found,) = json.loads(tagger("detect", photo, "-m", boxed, "-c", "0.4", "--json").out)
    assert found["objects"][0]["box"] == [0.0, 0.0, 40.0, 20.0]
    assert {one["confidence"] for one in found["objects"]} == {0.5}  # half of each quarter is a black bar


def test_the_model_s_thresholds_count_unless_a_confidence_is_named(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo = picture(tmp_path / "dull.png", (0, 0), brightness=DULL)
    assert tagger("detect", photo, "-m", model).out == f"{photo}: no objects\n"
    assert "light 50.2% at" in tagger("detect", photo, "-m", model, "--min-confidence", "0.3").out
    assert tagger("detect", photo, "-m", model, "-c", "0.51").out == f"{photo}: no objects\n"


def test_top_leaves_the_best(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo = picture(tmp_path / "a.png", (0, 0), (1, 1))
    assert len(tagger("detect", photo, "-m", model, "--top", "1").out.splitlines()) == 2


def test_json_has_sizes_regions_and_boxes(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo = picture(tmp_path / "a.png", (1, 0))
    outcome = tagger("detect", photo, "-m", model, "--json")
    assert json.loads(outcome.out) == [
        {
            "picture": photo,
            "width": 80,
            "height": 40,
            "objects": [
                {
                    "label": "light",
                    "confidence": 1.0,
                    "region": {"xmin": 0.5, "ymin": 0.0, "xmax": 1.0, "ymax": 0.5},
                    "box": [40.0, 0.0, 80.0, 20.0],
                }
            ],
        }
    ]
    assert tagger("detect", photo, "-m", model, "--jsonl").out.strip() == json.dumps(json.loads(outcome.out)[0])


def test_a_picture_is_drawn_into_a_file(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo, out = picture(tmp_path / "a.png", (1, 1)), tmp_path / "out.png"
    assert tagger("detect", photo, "-m", model, "--draw", str(out)).status == 0
    before, after = (np.asarray(PIL.Image.open(file).convert("RGB")) for file in (photo, out))
    assert before.shape == after.shape
    marks = np.any(before != after, axis=2)
    assert marks[39, 40:80].all()
    assert not marks[:5].any()


def test_several_pictures_are_drawn_into_a_folder_each_under_a_name_of_its_own(
    tagger: Tagger, tmp_path: Path, model: str
) -> None:
    (tmp_path / "b").mkdir()
    photos = [picture(tmp_path / name, (0, 0)) for name in ("a.png", "b/a.png", "a-2.png")]
    into = tmp_path / "new" / "boxes"
    assert tagger("detect", *photos, "-m", model, "--draw-into", str(into)).status == 0
    assert sorted(file.name for file in into.iterdir()) == ["a-2-2.boxes.jpg", "a-2.boxes.jpg", "a.boxes.jpg"]


def test_the_frames_of_an_animation_are_reported_and_drawn(tagger: Tagger, tmp_path: Path, model: str) -> None:
    film, into = animation(tmp_path / "film.gif"), tmp_path / "boxes"
    outcome = tagger("detect", film, "-m", model, "--frames", "all", "--draw-into", str(into))
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        f"{film}: 2 frames",
        "  0:00:00  light 100.0% at 0,0 - 40,20",
        "  0:00:00.5  light 100.0% at 40,20 - 80,40",
    ]
    assert sorted(file.name for file in into.iterdir()) == ["film-000000.boxes.jpg", "film-000001.boxes.jpg"]
    (found,) = json.loads(tagger("detect", film, "-m", model, "--frames", "all", "--json").out)
    assert [(frame["frame"], frame["seconds"], len(frame["objects"])) for frame in found["frames"]] == [
        (0, 0.0, 1),
        (1, 0.5, 1),
    ]


def test_a_film_is_not_drawn_into_one_picture(tagger: Tagger, tmp_path: Path, model: str) -> None:
    film, out = animation(tmp_path / "film.gif"), tmp_path / "out.png"
    outcome = tagger("detect", film, "-m", model, "--draw", str(out))
    assert outcome.status == 1
    assert "a film cannot be drawn into one picture" in outcome.err
    assert not out.exists()


def test_a_broken_picture_is_reported_and_skipped(tagger: Tagger, tmp_path: Path, model: str) -> None:
    broken, photo = tmp_path / "broken.jpg", picture(tmp_path / "c.png", (0, 0))
    broken.write_bytes(b"no picture")
    outcome = tagger("detect", str(broken), photo, "-m", model, "--jsonl", "--draw-into", str(tmp_path / "boxes"))
    assert outcome.status == 1
    first, second = map(json.loads, outcome.out.splitlines())
    assert first == {"picture": str(broken), "error": "the file is no picture, or a broken one"}
    assert len(second["objects"]) == 1
    assert [file.name for file in (tmp_path / "boxes").iterdir()] == ["c.boxes.jpg"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--draw", "out.bmp"), "--draw needs a file with one of the suffixes .jpg, .jpeg, .png, .webp"),
        (("--draw", "a.png"), "--draw would overwrite the picture itself"),
        (("--draw-into", "a.png"), "cannot be made"),
        (("--draw", "nowhere/out.jpg"), "the drawing 'out.jpg' cannot be written: No such file or directory"),
    ],
)
def test_a_drawing_that_cannot_be_made_is_an_error(
    tagger: Tagger, tmp_path: Path, model: str, options: tuple[str, str], reason: str
) -> None:
    photo = picture(tmp_path / "a.png", (0, 0))
    before = Path(photo).read_bytes()
    outcome = tagger("detect", photo, "-m", model, options[0], str(tmp_path / options[1]))
    assert outcome.status == 1
    assert reason in outcome.err
    assert Path(photo).read_bytes() == before


def test_one_file_is_for_one_picture(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photos = [picture(tmp_path / name, (0, 0)) for name in ("a.png", "b.png")]
    outcome = tagger("detect", *photos, "-m", model, "--draw", str(tmp_path / "out.png"))
    assert (outcome.status, outcome.out) == (1, "")
    assert "--draw is for one picture" in outcome.err


def test_a_classifier_finds_no_boxes(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("detect", picture(tmp_path / "a.png", (0, 0)))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: the model 'starter' finds no boxes; --model names one that does\n"


def test_a_folder_without_a_model_is_named(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("detect", picture(tmp_path / "a.png", (0, 0)), "-m", str(tmp_path))
    assert outcome.status == 1
    assert "holds no model.toml" in outcome.err


def test_tag_takes_the_path_of_a_model_too(tagger: Tagger, tmp_path: Path, model: str) -> None:
    photo = picture(tmp_path / "a.png", (0, 0))
    assert tagger("tag", photo, "--model", model, "-c", "0.5").out == f"{photo}: light 100.0%\n"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--json", "--jsonl"), "choose one of --json and --jsonl"),
        (("--draw", "a.jpg", "--draw-into", "b"), "choose one of --draw and --draw-into"),
        (("--min-confidence", "2"), "--min-confidence"),
    ],
)
def test_options_that_contradict_each_other_end_with_2(tagger: Tagger, options: tuple[str, ...], reason: str) -> None:
    outcome = tagger("detect", "a.jpg", *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err


def test_help_has_examples(tagger: Tagger) -> None:
    outcome = tagger("detect", "--help")
    assert outcome.status == 0
    assert "    image-tagger detect photo.jpg --model yolox --draw out.jpg" in outcome.out.splitlines()


def test_a_real_photo_with_a_real_detector(tagger: Tagger, tmp_path: Path, shared_data: Path) -> None:
    (tmp_path / "yolox").mkdir()
    folder = folder_of(DETECTORS["onnx/yolox_nano_416.onnx"], shared_data / "models", tmp_path / "yolox")
    photo, out = tmp_path / "photo.jpg", tmp_path / "out.jpg"
    shutil.copy(shared_data / "photos" / "coco_000000000785.jpg", photo)
    outcome = tagger("detect", str(photo), "-m", str(folder), "--draw", str(out))
    assert (outcome.status, outcome.err) == (0, "")
    assert [line.split()[0] for line in outcome.out.splitlines()[1:]] == ["person", "skis"]
    before, after = (np.asarray(PIL.Image.open(file), np.int16) for file in (photo, out))
    assert before.shape == after.shape
    assert 0.005 < np.mean(abs(before - after).max(axis=2) > 60) < 0.1
