"""A real moderation network of five classes, on real photos."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.moderation.asking import IMAGE, IMAGE_QUERY, IMAGES, TINY, ask, post
from tests.dialects.moderation.models import FIVE
from tests.server import open_client, serving

NETWORK = "nsfw_mobilenet_v2_224.onnx"


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("real")
    network = (shared_data / "models" / "onnx" / NETWORK).read_bytes()
    (folder / NETWORK).write_bytes(network)
    labels = (shared_data / "models" / "labels" / "nsfw5.txt").read_text("utf-8")
    (folder / "labels.txt").write_text(labels.replace("drawing\n", "drawings\n"), "utf-8")
    (folder / "model.toml").write_text(
        f'name = "real"\n[network]\nfile = "{NETWORK}"\nruntime = "onnx"\n'
        f'sha256 = "{hashlib.sha256(network).hexdigest()}"\n[preprocessing]\nsize = [224, 224]\nresize = "squash"\n'
        'layout = "NHWC"\n[spec]\nlabels = "labels.txt"\npostprocessing = "classification"\n'
        '[spec.options]\nactivation = "none"\n',
        "utf-8",
    )
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"), model_aliases={FIVE: str(folder)}, exact_decoding=True
    )
    with serving(settings) as address, open_client(address) as client:
        yield client


def test_photos_have_the_scores_that_were_measured(real: httpx.Client, shared_data: Path) -> None:
    models = json.loads((shared_data / "models" / "models.json").read_text("utf-8"))
    rows = models if isinstance(models, list) else models["models"]
    (row,) = [row for row in rows if row["name"] == f"onnx/{NETWORK}"]
    for photo, expected in row["expected"].items():
        best = ask(real, IMAGE, (shared_data / "photos" / photo).read_bytes(), model_name=FIVE)
        assert best[0]["label"] == expected[0][1]
        found = {one["label"]: one["score"] for one in best}
        assert [found[label.replace("drawing", "drawings")] for _, label, _ in expected] == pytest.approx(
            [score for *_, score in expected], abs=0.03
        )


def test_harmless_photos_are_no_nudes(real: httpx.Client, shared_data: Path) -> None:
    photos = sorted((shared_data / "photos").glob("cc_*"))
    numbered = ask(real, IMAGES, *(photo.read_bytes() for photo in photos), model_name=FIVE)
    best = [one[str(number)][0]["label"] for number, one in enumerate(numbered)]
    assert best.count("neutral") >= 0.8 * len(photos)
    for photo in photos:
        asked = {"model_name": FIVE, "labels": ["porn", "hentai"], "score": 0.9}
        assert ask(real, IMAGE_QUERY, photo.read_bytes(), **asked) == []


def test_every_frame_of_a_real_gif_is_classified(real: httpx.Client, shared_data: Path) -> None:
    content = (shared_data / "videos" / "chickadee_rocket.gif").read_bytes()
    assert len(ask(real, IMAGE, content, model_name=FIVE)) == 12
    found = ask(real, IMAGE_QUERY, content, model_name=FIVE, labels=["neutral", "sexy"], score=TINY)
    assert [(entry["frame"], entry["label"]) for entry in found] == [(0, "neutral"), (0, "sexy")]


def test_files_of_every_format_are_classified_or_refused(real: httpx.Client, shared_data: Path) -> None:
    rows = json.loads((shared_data / "formats" / "formats.json").read_text("utf-8"))["files"]
    for row in rows:
        answer = post(real, IMAGE, (shared_data / "formats" / row["file"]).read_bytes(), model_name=FIVE)
        bad = "pillow" in row or row["file"].startswith("bomb")
        assert (row["file"], answer.status_code) == (row["file"], 400 if bad else 200)
        by_frame = answer.status_code == 200 and isinstance(answer.json()[0], list)
        assert by_frame is (row.get("format") == "GIF" and not bad)
