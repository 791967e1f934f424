"""N18 to N20: labels looked for in videos, whose frames count from 1."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.moderation.asking import TINY, VIDEO, ask, expected, frame_scores, post
from tests.dialects.moderation.models import DEFAULT, FIVE
from tests.dialects.moderation.pictures import COLOURS, film, gif, noisy_film
from tests.server import open_client, serving

BLUE, RED, GREEN = "#102060", "#d03030", "#40a040"
LABELS = ["nsfw", "normal"]
FIVE_LABELS = ["sexy", "drawings", "porn", "neutral", "hentai"]
CODECS = {"mp4": "mpeg4", "matroska": "mpeg4", "webm": "libvpx", "mpegts": "mpeg2video", "avi": "mpeg4"}


def frames_of(found: Any) -> list[int]:
    return [entry["frame"] for entry in found]


@pytest.mark.parametrize("container", CODECS)
def test_n18_every_label_is_found_in_the_first_frame(moderator: httpx.Client, container: str) -> None:
    content = film(*COLOURS, container=container, codec=CODECS[container])
    found = ask(moderator, VIDEO, content, labels=LABELS, score=TINY)
    assert [(entry["frame"], entry["label"]) for entry in found] == [(1, "nsfw"), (1, "normal")]
    assert ask(moderator, VIDEO, content, labels="unheard of", score=TINY) == []
    assert ask(moderator, VIDEO, content, labels=LABELS, score=1.5) == []


@pytest.mark.parametrize("score", [0.3, 0.5, 0.7])
def test_n18_each_label_is_found_once_at_its_first_match(moderator: httpx.Client, score: float) -> None:
    asked = {"labels": FIVE_LABELS, "score": score}
    found = ask(moderator, VIDEO, film(*COLOURS), model_name=FIVE, **asked)
    same = expected(frame_scores(moderator, gif(), model_name=FIVE), asked)
    assert [(entry["frame"], entry["label"]) for entry in found] == [(e["frame"] + 1, e["label"]) for e in same]
    assert [entry["score"] for entry in found] == pytest.approx([e["score"] for e in same], abs=0.05)


@pytest.mark.parametrize(("frames", "percentage", "first"), [(40, 50, 20), (40, 25, 10), (40, 1, 1), (41, 25, 10)])
def test_n19_fast_mode_begins_with_the_nth_frame(
    moderator: httpx.Client, frames: int, percentage: int, first: int
) -> None:
    content = film(*[BLUE] * frames)
    asked: dict[str, Any] = {"labels": LABELS, "score": TINY, "fast_mode": True, "skip_frames_percentage": percentage}
    assert frames_of(ask(moderator, VIDEO, content, **asked)) == [first, first]


def test_n19_fast_mode_looks_at_every_nth_frame_only(moderator: httpx.Client) -> None:
    content = film(*[BLUE] * 10, RED, *[BLUE] * 7, RED, RED)
    asked: dict[str, Any] = {"score": 0.8, "fast_mode": True}
    assert frames_of(ask(moderator, VIDEO, content, score=0.8)) == [11]
    assert frames_of(ask(moderator, VIDEO, content, **asked, skip_frames_percentage=25)) == [20]
    assert frames_of(ask(moderator, VIDEO, content, **asked, skip_frames=19)) == [19]
    assert frames_of(ask(moderator, VIDEO, content, **asked)) == [11]
    assert frames_of(ask(moderator, VIDEO, content, **asked, skip_frames_percentage=60)) == []


def test_n19_the_search_can_end_with_the_first_match(moderator: httpx.Client) -> None:
    content = film(BLUE, GREEN, GREEN, RED, BLUE)
    asked: dict[str, Any] = {"labels": LABELS, "score": 0.75}
    assert frames_of(ask(moderator, VIDEO, content, **asked)) == [2, 4]
    (first,) = ask(moderator, VIDEO, content, **asked, return_on_first_matching_label=True)
    assert (first["frame"], first["label"]) == (2, "normal")


def test_n20_model_names_nest(moderator: httpx.Client) -> None:
    content = film(*COLOURS)
    asked: dict[str, Any] = {"labels": ["nsfw", "sexy"], "score": 0.3}
    flat = {name: ask(moderator, VIDEO, content, model_name=name, **asked) for name in (DEFAULT, FIVE)}
    names = [FIVE, DEFAULT, FIVE]
    assert ask(moderator, VIDEO, content, model_names=names, **asked) == [{name: flat[name]} for name in names]
    assert ask(moderator, VIDEO, content, **asked) == flat[DEFAULT]
    assert flat[FIVE] != flat[DEFAULT]


def test_n20_score_0_means_0_in_the_older_generation_only(moderator: httpx.Client) -> None:
    content = film(GREEN, GREEN, RED)
    asked: dict[str, Any] = {"labels": "nsfw", "score": 0}
    assert frames_of(ask(moderator, VIDEO, content, **asked)) == [1]
    assert frames_of(ask(moderator, VIDEO, content, labels="nsfw")) == [3]
    assert [frames_of(one[DEFAULT]) for one in ask(moderator, VIDEO, content, **asked, model_names=DEFAULT)] == [[3]]


def test_a_damaged_video_is_no_clean_video(moderator: httpx.Client, tmp_path: Path) -> None:
    whole = noisy_film(tmp_path / "noise.mp4", frames=40)
    assert ask(moderator, VIDEO, whole, score=1) == []
    cut = whole[: len(whole) * 2 // 3]
    answer = post(moderator, VIDEO, cut, score=1)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The uploaded video cannot be used: ")
    assert answer.json()["error"]


def test_a_match_in_front_of_the_damage_is_answered(moderator: httpx.Client, tmp_path: Path) -> None:
    cut = noisy_film(tmp_path / "noise.mp4", frames=40)[:-4000]
    assert frames_of(ask(moderator, VIDEO, cut, labels=LABELS, score=TINY)) == [1, 1]


def test_a_video_that_is_too_long_is_400(settings: Settings) -> None:
    with serving(settings.model_copy(update={"max_video_seconds": 0.1})) as address, open_client(address) as client:
        answer = post(client, VIDEO, film(*COLOURS))
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The uploaded video cannot be used: ")


def test_real_videos(moderator: httpx.Client, shared_data: Path) -> None:
    folder = shared_data / "videos"
    rows = json.loads((folder / "videos.json").read_text("utf-8"))["videos"]
    for row in rows:
        content = (folder / row["file"]).read_bytes()
        if row["file"].endswith(".gif"):
            assert ask(moderator, VIDEO, content) == {"error": "file is not a video"}
            assert len(frame_scores(moderator, content)) == row["frames"]
            continue
        assert frames_of(ask(moderator, VIDEO, content, labels=LABELS, score=TINY)) == [1, 1]
        fast: dict[str, Any] = {"fast_mode": True, "skip_frames_percentage": 50, "labels": LABELS, "score": TINY}
        assert frames_of(ask(moderator, VIDEO, content, **fast)) == [row["frames"] // 2] * 2
