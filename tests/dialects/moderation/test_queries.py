"""N07 to N14: labels looked for in stills and GIFs, by one model and by several."""

import itertools
from typing import Any

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.moderation.asking import (
    IMAGE_QUERY,
    IMAGES_QUERY,
    TINY,
    VIDEO,
    ask,
    expected,
    frame_scores,
    post,
    scores,
)
from tests.dialects.moderation.models import DEFAULT, FIVE, SIX
from tests.dialects.moderation.pictures import COLOURS, gif, png
from tests.server import open_client, serving

LABELS = ["nsfw", "normal"]
FIVE_LABELS = ["sexy", "drawings", "porn", "neutral", "hentai"]
RED = png("#d03030")


@pytest.mark.parametrize("labels", [*itertools.permutations(LABELS)])
def test_n07_matches_come_in_the_order_asked(moderator: httpx.Client, labels: tuple[str, ...]) -> None:
    found = ask(moderator, IMAGE_QUERY, RED, labels=labels, score=TINY)
    assert found == [{"label": label, "score": scores(moderator, RED)[label]} for label in labels]


def test_n07_unknown_labels_are_left_out_and_repeated_ones_reported_twice(moderator: httpx.Client) -> None:
    asked = ["nsfw", "unheard of", "NSFW", "", "normal", "nsfw"]
    found = ask(moderator, IMAGE_QUERY, RED, labels=asked, score=TINY)
    assert [entry["label"] for entry in found] == ["nsfw", "normal", "nsfw"]


def test_n07_a_threshold_between_the_best_two_leaves_the_best(moderator: httpx.Client) -> None:
    (best, second, *_) = sorted(scores(moderator, RED).items(), key=lambda item: -item[1])
    between = (best[1] + second[1]) / 2
    assert ask(moderator, IMAGE_QUERY, RED, labels=LABELS, score=between) == [{"label": best[0], "score": best[1]}]


def test_n07_a_score_is_reached_by_itself(moderator: httpx.Client) -> None:
    score = scores(moderator, RED)["nsfw"]
    assert ask(moderator, IMAGE_QUERY, RED, score=repr(score)) == [{"label": "nsfw", "score": score}]


@pytest.mark.parametrize("score", ["1.5", "inf", "nan", "1e400"])
@pytest.mark.parametrize("content", [RED, gif()], ids=["still", "gif"])
def test_n07_what_no_score_reaches_gives_nothing(moderator: httpx.Client, content: bytes, score: str) -> None:
    assert ask(moderator, IMAGE_QUERY, content, labels=LABELS, score=score) == []


def test_n07_a_score_below_zero_is_reached_by_all(moderator: httpx.Client) -> None:
    assert len(ask(moderator, IMAGE_QUERY, RED, labels=LABELS, score=-1)) == 2


def test_n07_bug09_labels_beyond_the_best_five_match_too(moderator: httpx.Client) -> None:
    labels = [f"label {number}" for number in range(6)]
    found = ask(moderator, IMAGE_QUERY, RED, labels=labels, score=TINY, model_name=SIX)
    assert [entry["label"] for entry in found] == labels


@pytest.mark.parametrize("colour", ["#d03030", "#40a040"])
@pytest.mark.parametrize("asked", [{}, {"score": 0}, {"score": "-0.0"}], ids=str)
def test_n08_without_parameters_it_looks_for_nsfw_at_07(
    moderator: httpx.Client, colour: str, asked: dict[str, Any]
) -> None:
    score = scores(moderator, png(colour))["nsfw"]
    assert (score >= 0.7) is (colour == "#d03030")
    assert ask(moderator, IMAGE_QUERY, png(colour), **asked) == (
        [{"label": "nsfw", "score": score}] if score >= 0.7 else []
    )


@pytest.mark.parametrize("score", [TINY, 0.2, 0.3, 0.4, 0.6, 0.8, 0.99])
@pytest.mark.parametrize("first_only", [False, True])
@pytest.mark.parametrize(("model", "labels"), [(DEFAULT, LABELS), (FIVE, FIVE_LABELS), (FIVE, FIVE_LABELS[::-1])])
def test_n09_n10_each_label_is_reported_at_its_first_matching_frame(
    moderator: httpx.Client, score: float, model: str, labels: list[str], *, first_only: bool
) -> None:
    asked = {"labels": labels, "score": score, "return_on_first_matching_label": first_only}
    found = ask(moderator, IMAGE_QUERY, gif(), model_name=model, **asked)
    assert found == expected(frame_scores(moderator, gif(), model_name=model), asked)


def test_n09_the_frames_of_the_tests_tell_the_rules_apart(moderator: httpx.Client) -> None:
    frames = frame_scores(moderator, gif(), model_name=FIVE)
    asked = {"labels": FIVE_LABELS, "score": 0.3}
    assert len({entry["frame"] for entry in expected(frames, asked)}) >= 3
    assert expected(frames, asked)[0]["frame"] > 0 or len(expected(frames, asked)) > 2


def test_n10_bug03_frames_without_a_match_do_not_end_the_search(moderator: httpx.Client) -> None:
    found = ask(moderator, IMAGE_QUERY, gif(), score=0.9, return_on_first_matching_label=True)
    assert [entry["frame"] for entry in found] == [3]


@pytest.mark.parametrize(
    ("skip", "looked_at"),
    [
        ({}, range(6)),
        ({"skip_frames_percentage": 50}, (0, 3)),
        ({"skip_frames_percentage": 34}, (0, 2, 4)),
        ({"skip_frames_percentage": 0}, range(6)),
        ({"skip_frames_percentage": 100}, (0,)),
        ({"skip_frames_percentage": -100}, range(6)),
        ({"skip_frames_percentage": 10**30}, (0,)),
        ({"skip_frames": 3}, (0, 3)),
        ({"skip_frames": 0}, range(6)),
        ({"skip_frames": 3, "skip_frames_percentage": 34}, (0, 2, 4)),
    ],
    ids=str,
)
@pytest.mark.parametrize("switch", ["true", "1", "YES", "on"])
def test_n11_fast_mode_looks_at_every_nth_frame(
    moderator: httpx.Client, skip: dict[str, int], looked_at: Any, switch: str
) -> None:
    asked = {"labels": FIVE_LABELS, "score": 0.3}
    frames = frame_scores(moderator, gif(), model_name=FIVE)
    wanted = expected(frames, asked, looked_at=looked_at)
    fast = {"fast_mode": switch, "model_name": FIVE, **skip}
    assert ask(moderator, IMAGE_QUERY, gif(), **asked, **fast) == wanted
    assert ask(moderator, IMAGES_QUERY, gif(), gif(), **asked, **fast) == [{"0": wanted}, {"1": wanted}]


@pytest.mark.parametrize("switch", ["false", "0", "No", "off"])
def test_n11_without_fast_mode_nothing_is_skipped(moderator: httpx.Client, switch: str) -> None:
    asked = {"labels": FIVE_LABELS, "score": 0.3, "model_name": FIVE}
    found = ask(moderator, IMAGE_QUERY, gif(), **asked, fast_mode=switch, skip_frames_percentage=50, skip_frames=3)
    assert found == ask(moderator, IMAGE_QUERY, gif(), **asked)


def test_n12_every_file_starts_with_all_labels(moderator: httpx.Client) -> None:
    asked: dict[str, Any] = {"labels": LABELS, "score": TINY}
    found = ask(moderator, IMAGES_QUERY, RED, gif(), gif(*COLOURS[::-1]), **asked)
    assert [sorted(entry["label"] for entry in one[str(number)]) for number, one in enumerate(found)] == [
        LABELS[::-1]
    ] * 3
    assert found == [
        {str(number): ask(moderator, IMAGE_QUERY, content, **asked)}
        for number, content in enumerate((RED, gif(), gif(*COLOURS[::-1])))
    ]


@pytest.mark.parametrize("content", [RED, gif()], ids=["still", "gif"])
def test_n13_model_names_nest_and_model_name_does_not(moderator: httpx.Client, content: bytes) -> None:
    asked: dict[str, Any] = {"labels": ["nsfw", "sexy"], "score": 0.3}
    flat = {name: ask(moderator, IMAGE_QUERY, content, model_name=name, **asked) for name in (DEFAULT, FIVE)}
    names = [DEFAULT, FIVE, DEFAULT]
    assert flat[DEFAULT] != flat[FIVE]
    assert ask(moderator, IMAGE_QUERY, content, model_names=names, **asked) == [{name: flat[name]} for name in names]
    assert ask(moderator, IMAGE_QUERY, content, model_names=FIVE, model_name=DEFAULT, **asked) == [{FIVE: flat[FIVE]}]
    assert ask(moderator, IMAGE_QUERY, content, model_name="", **asked) == flat[DEFAULT]
    assert ask(moderator, IMAGE_QUERY, content, model_names="", **asked) == [{DEFAULT: flat[DEFAULT]}]
    assert ask(moderator, IMAGE_QUERY, content, **asked) == flat[DEFAULT]


def test_n14_several_files_nest_by_model(moderator: httpx.Client) -> None:
    asked: dict[str, Any] = {"labels": ["nsfw", "sexy"], "score": 0.3}
    names = [FIVE, DEFAULT, FIVE]
    found = ask(moderator, IMAGES_QUERY, RED, gif(), model_names=names, **asked)
    assert found == [
        {str(number): ask(moderator, IMAGE_QUERY, content, model_names=names, **asked)}
        for number, content in enumerate((RED, gif()))
    ]
    first, _, last = found[1]["1"]
    assert first == last != {FIVE: []}


def test_the_defaults_are_the_operator_s(settings: Settings) -> None:
    chosen = {"moderation_model": FIVE, "moderation_score": 0.25, "moderation_nested": True}
    with serving(settings.model_copy(update=chosen)) as address, open_client(address) as client:
        found = scores(client, RED)
        assert list(found) == list(scores(client, RED, model_name=FIVE))
        wanted = [{"label": label, "score": found[label]} for label in FIVE_LABELS if found[label] >= 0.25]
        assert 0 < len(wanted) < 5
        assert ask(client, IMAGE_QUERY, RED, labels=FIVE_LABELS) == [{FIVE: wanted}]
        assert ask(client, IMAGES_QUERY, RED, labels=FIVE_LABELS, score=0) == [{"0": [{FIVE: wanted}]}]
        assert ask(client, IMAGE_QUERY, RED, labels=FIVE_LABELS, model_name="") == wanted
        assert ask(client, IMAGE_QUERY, RED, labels=FIVE_LABELS, model_name=FIVE) == wanted
        assert post(client, VIDEO, RED).json() == {"error": "file is not a video"}
