"""`image-tagger moderate`: verdicts, what is written about them, and how the command ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from image_tagger.domain.labels import plain
from tests.cli.command import Outcome
from tests.cli.conftest import Tagger
from tests.dialects.films import FRUIT, SEA, animation, damaged, still
from tests.models.folders import copy_of_starter

SUSPECT, ALLOWED = FRUIT, SEA

Telling = tuple[str, float]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A still that is bad, one that is not, and a film that turns bad after a second."""
    (tmp_path / "bad.gif").write_bytes(still(SUSPECT))
    (tmp_path / "good.gif").write_bytes(still(ALLOWED))
    (tmp_path / "film.gif").write_bytes(animation(*[ALLOWED] * 5, *[SUSPECT] * 4, *[ALLOWED] * 3))
    return tmp_path


@pytest.fixture
def telling(tagger: Tagger, folder: Path) -> Telling:
    """The label by which the bad still differs most from the good one, and a threshold between the two."""
    stills = (str(folder / "bad.gif"), str(folder / "good.gif"))
    written = json.loads(tagger("tag", *stills, "--json", "--top", "1000").out)
    bad, good = ({label["label"]: label["confidence"] for label in one["labels"]} for one in written)
    label = max(bad, key=lambda name: bad[name] - good[name])
    return label, (bad[label] + good[label]) / 2


@pytest.fixture
def policy(folder: Path, telling: Telling) -> Path:
    """Blocks that label."""
    return written(folder, telling, "block")


@pytest.fixture
def run_policy(tagger: Tagger, folder: Path, telling: Telling) -> Callable[..., Outcome]:
    """The command on these files, under a policy with this action for the label."""

    def call(action: str, *names: str) -> Outcome:
        files = [str(folder / name) for name in names]
        return tagger("moderate", *files, "--policy", str(written(folder, telling, action)))

    return call


def written(folder: Path, telling: Telling, action: str, head: str = "") -> Path:
    label, threshold = telling
    file = folder / "policy.toml"
    file.write_text(
        f'model = "starter"\n{head}\n[labels."{label}"]\n'
        f'action = "{action}"\nthreshold = {threshold}\nleave = {threshold}\n'
    )
    return file


def test_every_file_has_its_verdict_with_reasons_and_times(
    tagger: Tagger, folder: Path, policy: Path, telling: Telling
) -> None:
    outcome = tagger("moderate", str(folder), "--policy", str(policy), "--every", "1f")
    lines = [line.replace(f"{folder}/", "") for line in outcome.out.splitlines()]
    assert (outcome.status, outcome.err) == (4, "")
    assert [line for line in lines if not line.startswith(" ")] == [
        "bad.gif: block",
        "film.gif: block",
        "good.gif: allow",
    ]
    of_still, of_film = (line for line in lines if line.startswith(" "))
    rule = f"(block from {telling[1]:.0%})"
    assert of_still.startswith(f"  {telling[0]} ")
    assert of_still.endswith(f"% {rule}")
    assert of_film.startswith(f"  {telling[0]} ")
    assert of_film.endswith(f"{rule}: 0:00:01 - 0:00:01.8")


@pytest.mark.parametrize(
    ("names", "action", "status"),
    [
        (("good.gif",), "block", 0),
        (("good.gif", "bad.gif"), "allow", 0),
        (("good.gif", "bad.gif"), "review", 3),
        (("good.gif", "bad.gif"), "block", 4),
        (("good.gif", "absent.gif"), "block", 1),
        (("bad.gif", "absent.gif"), "review", 1),
        (("bad.gif", "absent.gif"), "block", 4),
    ],
)
def test_the_exit_status_tells_the_worst(
    run_policy: Callable[..., Outcome], names: tuple[str, ...], action: str, status: int
) -> None:
    assert run_policy(action, *names).status == status


def test_what_cannot_be_judged_is_reported(tagger: Tagger, folder: Path, policy: Path) -> None:
    (folder / "broken.png").write_bytes(b"no picture")
    files = [str(folder / "broken.png"), str(folder / "good.gif")]
    text = tagger("moderate", *files, "--policy", str(policy))
    assert (text.status, text.out) == (1, f"{files[1]}: allow\n")
    assert text.err == f"image-tagger: {files[0]}: the file is no picture, or a broken one\n"
    as_json = json.loads(tagger("moderate", *files, "--policy", str(policy), "--json").out)
    assert as_json[0] == {"file": files[0], "error": "the file is no picture, or a broken one"}
    assert as_json[1]["verdict"] == "allow"


def test_json_says_everything(tagger: Tagger, folder: Path, policy: Path, telling: Telling) -> None:
    arguments = ("moderate", str(folder / "film.gif"), "--policy", str(policy), "--every", "1f", "--json")
    (found,) = json.loads(tagger(*arguments).out)
    (reason,) = found["reasons"]
    (segment,) = reason["segments"]
    assert (found["file"], found["verdict"], found["model"]) == (str(folder / "film.gif"), "block", "starter")
    assert (found["frames"], found["seconds"]) == (12, pytest.approx(2.4))
    assert (reason["label"], reason["action"]) == (telling[0], "block")
    assert (segment["first_frame"], segment["last_frame"]) == (5, 8)
    assert (segment["start"], segment["end"]) == pytest.approx((1.0, 1.8))


def test_a_film_need_not_be_looked_at_to_its_end(tagger: Tagger, folder: Path, telling: Telling) -> None:
    stopping = written(folder, telling, "block", 'stop_at = "block"')
    outcome = tagger("moderate", str(folder / "film.gif"), "--policy", str(stopping), "--every", "1f")
    assert outcome.status == 4
    assert outcome.out.splitlines()[-1] == "  not looked at any further than 0:00:01.4"


def test_a_damaged_film_says_so_and_goes_to_review(tagger: Tagger, folder: Path, policy: Path) -> None:
    cut = folder / "cut.gif"
    cut.write_bytes(damaged())
    outcome = tagger("moderate", str(cut), "--policy", str(policy), "--every", "1f")
    verdict, damage = outcome.out.splitlines()
    assert (outcome.status, outcome.err, verdict) == (3, "", f"{cut}: review")
    assert damage.startswith("  damaged: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[labels.nsfw", "the policy is no TOML"),
        ("treshold = 1", "the policy has no key treshold"),
        (
            'model="starter"\n[labels.nsfw]\naction="block"\nthreshold=0.5',
            "the policy names a label that the model lacks",
        ),
        (b"\xff", "the policy policy.toml is no text in UTF-8"),
    ],
)
def test_a_wrong_policy_is_one_error(tagger: Tagger, folder: Path, text: str | bytes, reason: str) -> None:
    file = folder / "policy.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = tagger("moderate", str(folder), "--policy", str(file), "--json")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(f"image-tagger: {reason}")
    assert outcome.err.count("\n") == 1


def test_without_a_policy_no_other_model_answers_for_the_one_that_moderates(
    tagger: Tagger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_ALLOW_DOWNLOADS", "false")
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(folder / "data"))
    outcome = tagger("moderate", str(folder))
    assert (outcome.status, outcome.out) == (1, "")
    assert "image-tagger models pull Falconsai/nsfw_image_detection" in outcome.err


def test_the_built_in_policy_blocks_what_the_model_that_moderates_calls_nsfw(
    tagger: Tagger, folder: Path, telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = copy_of_starter(folder)
    labels = (own / "labels.txt").read_text().splitlines()
    (own / "labels.txt").write_text("\n".join("nsfw" if plain(one) == telling[0] else one for one in labels))
    monkeypatch.setenv("IMAGE_TAGGER_MODEL_ALIASES", json.dumps({"Falconsai/nsfw_image_detection": str(own)}))
    files = [str(folder / "good.gif"), str(folder / "bad.gif")]
    outcome = tagger("moderate", *files)
    assert outcome.status in {3, 4}
    assert outcome.out.startswith(f"{files[0]}: allow\n{files[1]}: ")
    assert "nsfw" in outcome.out


def test_the_settings_may_name_the_policy(
    tagger: Tagger, folder: Path, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_MODERATION_POLICY", str(policy))
    assert tagger("moderate", str(folder / "bad.gif")).status == 4


def test_nothing_to_judge_is_an_error(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("moderate", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: there are no pictures in what was named\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a.jpg", "--policy", "absent.toml"), "absent.toml"),
        (("a.jpg", "--every", "1"), "is no step"),
        (("a.jpg", "--frames", "odd"), "names no frames"),
        (("a.jpg", "--frames", "all", "--every", "1s"), "choose one of --every and --frames"),
        ((), "Missing argument"),
    ],
)
def test_a_wrong_command_line_ends_with_2(tagger: Tagger, arguments: tuple[Any, ...], reason: str) -> None:
    outcome = tagger("moderate", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
