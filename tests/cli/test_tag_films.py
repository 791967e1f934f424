"""`image-tagger tag` on films, animations and pages: labels from when to when."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tagger
from tests.cli.test_tag_streams import CONTROL, run_in_terminal
from tests.dialects.films import FRAME_SECONDS, FRUIT, SEA, damaged, pages, video
from tests.dialects.films import animation as animated
from tests.dialects.pictures import jpeg


@pytest.fixture
def animation(tmp_path: Path) -> Path:
    """Six frames of one shot, then six of another."""
    file = tmp_path / "film.gif"
    file.write_bytes(animated(*[FRUIT] * 6, *[SEA] * 6))
    return file


def tagged(tagger: Tagger, *arguments: str) -> dict[str, Any]:
    """The JSON of one file that must be tagged."""
    outcome = tagger("tag", *arguments, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    (found,) = json.loads(outcome.out)
    return dict(found)


def longest_of_each_half(segments: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Of the segments that lie in either half of the film, the longest."""
    halves = ([one for one in segments if one["end"] <= 1.3], [one for one in segments if one["start"] >= 1.1])
    longest = [max(half, key=lambda one: float(one["end"] - one["start"])) for half in halves]
    return [(one["start"], one["end"]) for one in longest]


def test_a_film_s_labels_come_with_their_times(tagger: Tagger, animation: Path) -> None:
    found = tagged(tagger, str(animation), "--every", "1f", "--min-confidence", "0.4")
    assert (found["picture"], found["frames"], found["seconds"]) == (
        str(animation),
        12,
        pytest.approx(12 * FRAME_SECONDS),
    )
    first, second = longest_of_each_half(found["segments"])
    assert first == pytest.approx((0, 6 * FRAME_SECONDS))
    assert second == pytest.approx((6 * FRAME_SECONDS, 12 * FRAME_SECONDS))
    best = {one["label"]: one["peak"] for one in sorted(found["segments"], key=lambda one: float(one["peak"]))}
    assert {one["label"]: one["confidence"] for one in found["labels"]}.items() <= best.items()


def test_text_has_a_line_per_segment(tagger: Tagger, animation: Path) -> None:
    arguments = (str(animation), "--every", "1f", "--min-confidence", "0.4")
    found = tagged(tagger, *arguments)
    first, *lines = tagger("tag", *arguments).out.splitlines()
    assert first == f"{animation}: 12 frames in 0:00:02.4"
    assert [line.rpartition(" ")[2] for line in lines] == [f"{one['peak']:.1%}" for one in found["segments"]]
    assert lines[0].startswith("  0:00:00 - 0:00:01.2  ")


def test_csv_has_two_more_columns_where_there_may_be_films(tagger: Tagger, animation: Path) -> None:
    photo = animation.with_name("a.jpg")
    photo.write_bytes(jpeg(1))
    text = tagger("tag", str(photo.parent), "--csv", "--top", "1", "--every", "1f", "--min-confidence", "0.4").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.splitlines()[0] == "picture,rank,label,confidence,error,start,end"
    assert [row["start"] for row in rows if row["picture"] == str(photo)] == [""]
    films = [row for row in rows if row["picture"] == str(animation)]
    assert [row["rank"] for row in films] == [str(rank) for rank in range(1, len(films) + 1)]
    assert (films[0]["start"], films[0]["end"]) == ("0.000", "1.200")


def test_csv_of_stills_is_what_it_was(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    assert tagger("tag", str(tmp_path), "--csv").out.splitlines()[0] == "picture,rank,label,confidence,error"


def test_a_short_film_is_looked_at_in_eight_steps(tagger: Tagger, animation: Path) -> None:
    assert tagged(tagger, str(animation))["frames"] == 8


@pytest.mark.parametrize(
    ("options", "frames"), [(("--every", "600ms"), 4), (("--frames", "3"), 3), (("--frames", "all"), 12)]
)
def test_the_user_chooses_the_frames(tagger: Tagger, animation: Path, options: tuple[str, ...], frames: int) -> None:
    assert tagged(tagger, str(animation), *options)["frames"] == frames


def test_pages_are_counted_instead_of_seconds(tagger: Tagger, tmp_path: Path) -> None:
    file = tmp_path / "pages.tiff"
    file.write_bytes(pages(FRUIT, FRUIT, FRUIT, SEA))
    outcome = tagger("tag", str(file), "--every", "1s", "--min-confidence", "0.4")
    first, *lines = outcome.out.splitlines()
    assert first == f"{file}: 4 pages"
    assert lines[0].startswith("  pages 1 - 3  ")


def test_a_damaged_film_is_tagged_up_to_the_damage_and_reported(tagger: Tagger, animation: Path) -> None:
    animation.write_bytes(damaged())
    outcome = tagger("tag", str(animation), "--every", "1f", "--json", "--min-confidence", "0.4")
    (found,) = json.loads(outcome.out)
    assert outcome.status == 1
    assert outcome.err == f"image-tagger: {animation}: {found['error']}\n"
    assert 0 < found["frames"] < 8
    assert found["segments"]


def test_stills_keep_their_answers_among_films(tagger: Tagger, animation: Path) -> None:
    photo = animation.with_name("a.jpg")
    photo.write_bytes(jpeg(1))
    alone = json.loads(tagger("tag", str(photo), "--json").out)
    among = json.loads(tagger("tag", str(photo), str(animation), str(photo), "--json").out)
    assert [among[0], among[2]] == alone * 2
    assert set(alone[0]) == {"picture", "labels"}


def test_folders_give_their_films_too(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "b.MP4").write_bytes(video(*[FRUIT] * 5))
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "c.ts").write_text("const source = 'code'")
    written = json.loads(tagger("tag", str(tmp_path), "--json").out)
    assert [Path(one["picture"]).name for one in written] == ["a.jpg", "b.MP4"]
    assert written[1]["seconds"] == pytest.approx(1, abs=0.21)


def test_a_terminal_shows_how_far_a_film_is(animation: Path) -> None:
    animation.write_bytes(animated(*[SEA] * 250))
    outcome = run_in_terminal("tag", str(animation), "--every", "1f", out=animation.with_name("labels.txt"))
    shown = CONTROL.sub("", outcome.err)
    assert outcome.out.startswith(f"{animation}: 250 frames in 0:00:50\n")
    assert animation.name in shown
    times = re.findall(r"(\d:\d\d:\d\d) / 0:00:50 +(?:([\d.]+)x)?", shown)
    assert len({time for time, _ in times}) > 2
    assert [speed for _, speed in times if speed]


MOBILENET = """
name = "mobilenet"
[network]
file = "mobilenet_v1_0.25_224.onnx"
runtime = "onnx"
sha256 = "{}"
[preprocessing]
size = [224, 224]
fraction = 0.875
scale = 1.0
mean = [127.5, 127.5, 127.5]
std = [127.5, 127.5, 127.5]
[spec]
labels = "labels_1001.txt"
postprocessing = "classification"
[spec.options]
activation = "softmax"
"""


@pytest.fixture
def mobilenet(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model that knows what is in the real films, by the name under which it answers."""
    folder = tmp_path / "mobilenet"
    folder.mkdir()
    network = (shared_data / "models" / "onnx" / "mobilenet_v1_0.25_224.onnx").read_bytes()
    (folder / "mobilenet_v1_0.25_224.onnx").write_bytes(network)
    labels = (shared_data / "models" / "labels" / "labels_1001.txt").read_bytes()
    (folder / "labels_1001.txt").write_bytes(labels)
    (folder / "model.toml").write_text(MOBILENET.format(hashlib.sha256(network).hexdigest()))
    monkeypatch.setenv("IMAGE_TAGGER_MODEL_ALIASES", json.dumps({"mobile": str(folder)}))
    return "mobile"


def made_films(shared_data: Path) -> dict[str, list[tuple[float, float]]]:
    """Of each film that was made of photos, from when to when each photo is shown, in seconds."""
    films = json.loads((shared_data / "videos" / "videos.json").read_text("utf-8"))["videos"]
    seconds = {one["file"]: one.get("fps", 5.0) for one in films}  # the GIF says 200 ms a frame
    return {
        one["file"]: [
            (part["first_frame"] / seconds[one["file"]], (part["last_frame"] + 1) / seconds[one["file"]])
            for part in one["segments"]
        ]
        for one in films
        if "segments" in one
    }


@pytest.mark.parametrize("step", [0.25, 0.1])
def test_segments_of_real_films_are_where_they_were_made(
    tagger: Tagger, shared_data: Path, mobilenet: str, step: float
) -> None:
    """The label that is there for most of a photo's time comes and goes with the photo, give or take a step."""
    for name, parts in made_films(shared_data).items():
        arguments = ("--every", f"{int(step * 1000)}ms", "--model", mobilenet)
        found = tagged(tagger, str(shared_data / "videos" / name), *arguments)["segments"]
        for start, end in parts:
            best = max(found, key=lambda one: float(min(one["end"], end) - max(one["start"], start)))
            assert (best["start"], best["end"]) == pytest.approx((start, end), abs=step + 0.01), (name, best)
