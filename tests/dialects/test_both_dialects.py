"""Two dialects, one engine: they agree with each other, do not disturb each other, and know real photos."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.pictures import jpeg
from tests.dialects.predictions.asking import ask, predictions
from tests.dialects.process.documents import document, failure, post, success, treated
from tests.upstream import ImageHost, answer


def known_photos(shared_data: Path) -> list[tuple[Path, set[str]]]:
    """Photos of things that the model has learnt, with every name that is right for each."""
    photos = json.loads((shared_data / "photos" / "photos.json").read_text("utf-8"))
    return [
        (shared_data / "photos" / photo["file"], right_names(photo)) for photo in photos if photo.get("in_union293")
    ]


def right_names(photo: dict[str, Any]) -> set[str]:
    """The first names of the labels that are right for a photo."""
    return {label.partition(",")[0] for label in [photo["label"], *(photo.get("acceptable_labels") or [])]}


@pytest.mark.parametrize("seed", range(3))
def test_both_dialects_give_the_same_predictions(client: httpx.Client, host: ImageHost, seed: int) -> None:
    by_url = predictions(client, host.on("/same.jpg", answer(jpeg(seed))), top=10)
    (by_content,) = treated(client, document("same", jpeg(seed)), num_labels=10)

    assert [p["label"].replace("_", " ") for p in by_url] == [item["label"] for item in by_content]
    assert [p["confidence"] for p in by_url] == pytest.approx([i["probability"] for i in by_content], abs=1e-4)


def test_both_dialects_know_the_same_number_of_labels(client: httpx.Client, host: ImageHost) -> None:
    by_url = predictions(client, host.on("/all.jpg", answer(jpeg(1))), minconf=0)

    assert len(treated(client, document("all", jpeg(1)), num_labels=100_000)[0]) == len(by_url)


def test_twelve_mixed_requests_at_once_get_their_own_answers(client: httpx.Client, host: ImageHost) -> None:
    urls = [host.on(f"/mixed-{seed}.jpg", answer(jpeg(seed))) for seed in range(4)]
    labels = [[p["label"] for p in predictions(client, url, top=4)] for url in urls]
    assert len({tuple(found) for found in labels}) > 1, "the pictures must differ to be told apart"

    def by_url(seed: int) -> bool:
        return [p["label"] for p in predictions(client, urls[seed], top=4)] == labels[seed]

    def by_content(seed: int) -> bool:
        envelope = success(post(client, document("bad", None), document(seed, jpeg(seed)), num_labels=4))
        (found,) = envelope["data"]
        names = [item["label"].replace(" ", "_") for item in found["source"]["content"]]
        return found["id"] == seed and names == labels[seed]

    def failing(seed: int) -> bool:
        kind, _ = failure(client.post("/process", content=b"{" * (seed + 1)))
        return kind == "JSONDecodeError" and ask(client, "http://", top=seed).status_code == 422

    with ThreadPoolExecutor(12) as callers:
        running = [callers.submit(request, seed) for seed in range(4) for request in (by_url, by_content, failing)]

    assert [request.result() for request in running] == [True] * 12


def test_a_clear_majority_of_known_photos_has_a_right_label_among_five(client: httpx.Client, shared_data: Path) -> None:
    photos = known_photos(shared_data)

    contents = treated(client, *(document(file.name, file.read_bytes()) for file, _ in photos))

    recognised = [
        file.name
        for (file, right), content in zip(photos, contents, strict=True)
        if right & {item["label"] for item in content}
    ]
    assert len(recognised) > len(photos) * 0.5


def test_known_photos_are_tagged_alike_by_url(client: httpx.Client, host: ImageHost, shared_data: Path) -> None:
    photos = [(file, right) for file, right in known_photos(shared_data) if file.name.startswith("cc_")]
    best_five = [predictions(client, host.on("/real", answer(file.read_bytes())), top=5) for file, _ in photos]

    recognised = [
        right & {p["label"].replace("_", " ") for p in found}
        for (_, right), found in zip(photos, best_five, strict=True)
    ]
    assert sum(map(bool, recognised)) > len(photos) / 2


def test_every_readable_file_of_the_formats_is_tagged(client: httpx.Client, host: ImageHost, shared_data: Path) -> None:
    formats = json.loads((shared_data / "formats" / "formats.json").read_text("utf-8"))["files"]
    readable = [f["file"] for f in formats if "pillow" not in f and not f["file"].startswith("bomb")]

    counts = {
        name: len(predictions(client, host.on("/format", answer((shared_data / "formats" / name).read_bytes())), top=2))
        for name in readable
    }

    assert counts == dict.fromkeys(readable, 2)


def test_every_broken_file_of_the_formats_is_invalid(client: httpx.Client, host: ImageHost, shared_data: Path) -> None:
    formats = json.loads((shared_data / "formats" / "formats.json").read_text("utf-8"))["files"]
    broken = [f["file"] for f in formats if "pillow" in f or f["file"].startswith("bomb")]

    statuses = {
        name: ask(client, host.on("/broken", answer((shared_data / "formats" / name).read_bytes()))).status_code
        for name in broken
    }

    assert statuses == dict.fromkeys(broken, 400)
