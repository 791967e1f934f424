"""One verdict per file: which rule decides, with which reasons."""

import json
import time

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.policy import Action, Policy, read_policy
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.verdicts import Judge, Verdict, as_json

LABELS = ("normal", "nsfw", "tabby, tabby cat", "crane", "crane")
TWO = """
[[labels.nsfw]]
action = "review"
threshold = 0.5
[[labels.nsfw]]
action = "block"
threshold = 0.8
min_seconds = 2
"""


def judged(scores: str, policy: Policy, *, damage: str = "", label: str = "nsfw") -> Verdict:
    """A film of a frame per second; each digit is tenths of a score."""
    judge = Judge(policy, LABELS, model="a model")
    for number, digit in enumerate(scores):
        judge.add(FrameResult(number, (Prediction(label, int(digit) / 10),), float(number)))
        if judge.may_stop:
            return judge.verdict(float(len(scores)), stopped=True)
    return judge.verdict(float(len(scores)), damage=damage)


@pytest.mark.parametrize(
    ("scores", "action", "reasons"),
    [
        ("0000000", "allow", []),
        ("0090000", "allow", []),
        ("0660000", "review", ["review"]),
        ("0990000", "block", ["block", "review"]),
        ("0690000", "review", ["review"]),
        ("9", "block", ["block", "review"]),
        ("6", "review", ["review"]),
        ("4", "allow", []),
    ],
)
def test_the_harshest_rule_that_applies_decides(scores: str, action: str, reasons: list[str]) -> None:
    verdict = judged(scores, read_policy(TWO))
    assert verdict.action == action
    assert [reason.rule.action for reason in verdict.reasons] == reasons
    assert (verdict.frames, verdict.seconds, verdict.stopped) == (len(scores), len(scores), False)


def test_a_reason_says_where_and_how_much() -> None:
    block, _ = judged("0990009980", read_policy(TWO)).reasons
    assert [(segment.start, segment.end) for segment in block.segments] == [(1, 3), (6, 9)]
    assert (block.peak.peak, block.peak.peak_seconds, block.seconds, block.more) == (0.9, 1, 5, 0)


def test_where_no_rule_applies_the_default_does_and_elsewhere_it_does_not() -> None:
    policy = read_policy('default = "review"\n[labels.normal]\naction = "allow"\nthreshold = 0.5')
    assert judged("0000", policy, label="normal").action is Action.REVIEW
    assert judged("9999", policy, label="normal").action is Action.ALLOW


@pytest.mark.parametrize(
    ("damaged", "scores", "action"),
    [("review", "000", "review"), ("allow", "000", "allow"), ("block", "066", "block"), ("review", "099", "block")],
)
def test_a_damaged_file_is_judged_no_milder_than_the_policy_says(damaged: str, scores: str, action: str) -> None:
    verdict = judged(scores, read_policy(f'damaged = "{damaged}"\n{TWO}'), damage="the file is cut")
    assert (verdict.action, verdict.damage) == (action, "the file is cut")


def test_once_a_file_is_blocked_the_rest_need_not_be_looked_at() -> None:
    verdict = judged("0099900000000", read_policy(f'stop_at = "block"\n{TWO}'))
    assert (verdict.action, verdict.stopped, verdict.frames, verdict.seconds) == ("block", True, 5, 5)


def test_without_being_asked_it_looks_at_everything() -> None:
    assert judged("0099900000000", read_policy(TWO)).frames == 13


def test_what_is_not_over_yet_is_no_reason_to_stop() -> None:
    verdict = judged("0690660066", read_policy(f'stop_at = "block"\n{TWO}'))
    assert (verdict.action, verdict.stopped, verdict.frames) == ("review", False, 10)


def test_a_stopped_film_is_not_a_short_one() -> None:
    both = 'stop_at = "block"\n' + TWO + '[labels.normal]\naction = "review"\nthreshold = 0.1\nmin_seconds = 60'
    judge = Judge(read_policy(both), LABELS)
    for number in range(3):
        predictions = (Prediction("nsfw", 0.9), Prediction("normal", 0.1))
        judge.add(FrameResult(number, predictions, float(number)))
    assert judge.may_stop
    assert {reason.rule.label for reason in judge.verdict(90.0, stopped=True).reasons} == {"nsfw"}
    assert {reason.rule.label for reason in judge.verdict(3.0).reasons} == {"nsfw", "normal"}


@pytest.mark.parametrize(("step", "action"), [(None, "allow"), (1.0, "block"), (5.0, "block"), (10.0, "allow")])
def test_a_picture_that_stands_for_ten_seconds_is_no_odd_frame(step: float | None, action: str) -> None:
    judge = Judge(read_policy(TWO), LABELS, step=step)
    for seconds, score in ((0.0, 0.0), (1.0, 0.9), (11.0, 0.0), (12.0, 0.0)):
        judge.add(FrameResult(int(seconds), (Prediction("nsfw", score),), seconds))
    assert judge.frames == 4
    assert judge.verdict(13.0).action == action


def test_a_thousand_segments_are_counted_and_the_first_hundred_named() -> None:
    (_, review) = judged("990000" * 1000, read_policy(TWO)).reasons
    assert (len(review.segments), review.more, review.seconds) == (100, 900, 2000)


@pytest.mark.parametrize("label", ["tabby", "tabby, tabby cat", "crane"])
def test_a_label_is_known_by_its_first_name_too(label: str) -> None:
    policy = read_policy(f'[labels."{label}"]\naction = "block"\nthreshold = 0.5')
    full = next(one for one in LABELS if one.startswith(label))
    assert judged("9", policy, label=full).action is Action.BLOCK


def test_a_label_that_the_model_lacks_is_refused_with_those_it_has() -> None:
    policy = read_policy('[labels.porn]\naction = "block"\nthreshold = 0.5')
    with pytest.raises(InvalidRequest) as refused:
        Judge(policy, LABELS)
    assert str(refused.value) == (
        "the policy names a label that the model lacks, 'porn'; it has: normal, nsfw, tabby, crane"
    )


@pytest.mark.parametrize(
    ("label", "said"), [("label 77x", "the nearest of its 1000: label 77"), ("porn", "its 1000 begin with: label 0, ")]
)
def test_of_many_labels_the_nearest_are_named(label: str, said: str) -> None:
    policy = read_policy(f'[labels."{label}"]\naction = "block"\nthreshold = 0.5')
    with pytest.raises(InvalidRequest) as refused:
        Judge(policy, [f"label {number}" for number in range(1000)])
    assert said in str(refused.value)
    assert len(str(refused.value)) < 600


def test_lower_scores_than_the_policy_needs_are_not_asked_for() -> None:
    assert Judge(read_policy(TWO), LABELS).needed_score == pytest.approx(0.4)


def test_as_json_it_says_the_same() -> None:
    wire = json.loads(json.dumps(as_json(judged("0990000", read_policy(TWO)))))
    assert wire == {
        "verdict": "block",
        "model": "a model",
        "frames": 7,
        "seconds": 7.0,
        "stopped": False,
        "damage": "",
        "reasons": [
            {
                "label": "nsfw",
                "action": action,
                "threshold": threshold,
                "peak": 0.9,
                "peak_seconds": 1.0,
                "seconds": 2.0,
                "segments": [
                    {
                        "start": 1.0,
                        "end": 3.0,
                        "first_frame": 1,
                        "last_frame": 2,
                        "peak": 0.9,
                        "peak_seconds": 1.0,
                        "mean": 0.9,
                    }
                ],
                "more_segments": 0,
            }
            for action, threshold in (("block", 0.8), ("review", 0.5))
        ],
    }


def test_a_thousand_rules_and_frames_that_stay_for_minutes_hold_nobody_up() -> None:
    rule = '[[labels.nsfw]]\naction="review"\nthreshold=0.9\nk=20\nn=20\n'
    judge = Judge(read_policy('every="0.001s"\n' + rule * 1000), LABELS, step=0.001)
    longest = 0.0
    for number in range(4):
        start = time.perf_counter()
        judge.add(FrameResult(number, (Prediction("nsfw", 0.95 * (number % 2)),), 600.0 * number))
        longest = max(longest, time.perf_counter() - start)
    assert longest < 0.5  # one after the other, a million moments took many seconds
    assert len(judge.verdict(2400).reasons) == 1000
