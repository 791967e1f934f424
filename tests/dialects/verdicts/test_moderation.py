"""`POST /api/moderation`: verdicts on stills and films, and what is said of requests that cannot be judged."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from image_tagger.domain.errors import InvalidRequest
from image_tagger.settings import Settings
from tests.dialects.films import FRAME_SECONDS, animation, damaged, still, video
from tests.dialects.pictures import jpeg
from tests.dialects.verdicts.judging import ALLOWED, SUSPECT, judge, policy, refused, telling_label, verdict
from tests.server import open_client, serving

Telling = tuple[str, float]
ODD = animation(*[ALLOWED] * 5, SUSPECT, *[ALLOWED] * 6)
LATER = animation(*[ALLOWED] * 5, *[SUSPECT] * 4, *[ALLOWED] * 3)
EVERY_FRAME = {"every": "1f"}


@pytest.fixture(scope="module")
def telling(client: httpx.Client) -> Telling:
    """What tells the suspect shot from the other: a label and a threshold."""
    return telling_label(client)


@pytest.mark.parametrize(("name", "action"), [(SUSPECT, "block"), (ALLOWED, "allow")])
def test_a_still_is_decided_by_its_one_frame(client: httpx.Client, telling: Telling, name: str, action: str) -> None:
    found = verdict(client, still(name), policy(*telling, rule="k = 3\nn = 5\nmin_seconds = 10"))

    assert (found["verdict"], found["frames"], found["seconds"]) == (action, 1, 0.0)
    assert (found["model"], found["stopped"], found["damage"]) == ("starter", False, "")
    assert [reason["label"] for reason in found["reasons"]] == [telling[0]] * (action == "block")


def test_one_odd_frame_does_not_condemn_a_film(client: httpx.Client, telling: Telling) -> None:
    found = verdict(client, ODD, policy(*telling), **EVERY_FRAME)

    assert (found["verdict"], found["reasons"], found["frames"]) == ("allow", [], 12)


def test_unless_the_policy_says_that_one_is_enough(client: httpx.Client, telling: Telling) -> None:
    assert verdict(client, ODD, policy(*telling, rule="k = 1\nn = 1"), **EVERY_FRAME)["verdict"] == "block"


def test_a_film_is_blocked_with_the_time_where_it_is_bad(client: httpx.Client, telling: Telling) -> None:
    found = verdict(client, LATER, policy(*telling), **EVERY_FRAME)

    (reason,) = found["reasons"]
    (segment,) = reason["segments"]
    assert found["verdict"] == reason["action"] == "block"
    assert (reason["label"], reason["threshold"]) == (telling[0], pytest.approx(telling[1]))
    assert (segment["first_frame"], segment["last_frame"]) == (5, 8)
    assert (segment["start"], segment["end"]) == pytest.approx((5 * FRAME_SECONDS, 9 * FRAME_SECONDS))
    assert telling[1] <= segment["mean"] <= segment["peak"] == reason["peak"]
    assert segment["start"] <= reason["peak_seconds"] < segment["end"]
    assert found["seconds"] == pytest.approx(12 * FRAME_SECONDS)


def test_a_video_is_judged_like_an_animation(client: httpx.Client, telling: Telling) -> None:
    content = video(*[ALLOWED] * 5, *[SUSPECT] * 4, *[ALLOWED] * 3)
    (reason,) = verdict(client, content, policy(*telling), **EVERY_FRAME)["reasons"]

    (segment,) = reason["segments"]
    assert (segment["start"], segment["end"]) == pytest.approx((5 * FRAME_SECONDS, 9 * FRAME_SECONDS))


def test_by_default_a_short_film_is_looked_at_in_eight_steps(client: httpx.Client, telling: Telling) -> None:
    found = verdict(client, LATER, policy(*telling))

    assert (found["verdict"], found["frames"]) == ("block", 8)
    assert found["reasons"][0]["segments"][0]["start"] == pytest.approx(5 * FRAME_SECONDS, abs=12 * FRAME_SECONDS / 8)


def test_a_blocked_film_is_not_looked_at_to_its_end_where_the_policy_says_so(
    client: httpx.Client, telling: Telling
) -> None:
    found = verdict(client, LATER, policy(*telling, head='stop_at = "block"'), **EVERY_FRAME)

    assert (found["verdict"], found["stopped"], found["frames"]) == ("block", True, 7)


def test_a_damaged_film_goes_to_review(client: httpx.Client, telling: Telling) -> None:
    found = verdict(client, damaged(), policy(*telling), **EVERY_FRAME)

    assert (found["verdict"], found["reasons"]) == ("review", [])
    assert found["damage"]
    assert 0 < found["frames"] < 8
    assert verdict(client, damaged(), policy(*telling, head='damaged = "allow"'), **EVERY_FRAME)["verdict"] == "allow"


def test_a_policy_may_be_sent_as_a_file(client: httpx.Client, telling: Telling) -> None:
    sent = ("p.toml", policy(*telling).encode(), "application/toml")
    answer = client.post("/api/moderation", files=[("file", still(SUSPECT)), ("policy", sent)])

    assert answer.json()["verdict"] == "block"


def test_the_query_wins_over_the_policy(client: httpx.Client, telling: Telling) -> None:
    text = policy(*telling, head='every = "1f"').replace('"starter"', '"nobody/has-this"')
    found = verdict(client, LATER, text, model="starter", frames="3")

    assert (found["model"], found["frames"]) == ("starter", 3)


def test_the_server_s_policy_judges_what_brings_none(tmp_path: Path, telling: Telling) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(policy(*telling))
    with serving(Settings(data_dir=tmp_path, moderation_policy=file)) as address, open_client(address) as own:
        assert verdict(own, still(SUSPECT))["verdict"] == "block"
        assert verdict(own, still(SUSPECT), "  ")["verdict"] == "block"
        assert verdict(own, still(SUSPECT), policy(telling[0], 1.0))["verdict"] == "allow"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[labels.nsfw]", "the policy lacks labels.nsfw."),
        ("colour = 1", "the policy has no key colour"),
        ("", "the policy needs 1 to 1000 rules"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_server_with_a_wrong_policy_does_not_start(tmp_path: Path, text: str | None, reason: str) -> None:
    file = tmp_path / "policy.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidRequest) as said, serving(Settings(data_dir=tmp_path, moderation_policy=file)):
        pass
    assert "IMAGE_TAGGER_MODERATION_POLICY" in str(said.value)
    assert reason in str(said.value)


def test_without_a_policy_no_other_model_answers_for_the_one_that_moderates(tmp_path: Path) -> None:
    with serving(Settings(data_dir=tmp_path, allow_downloads=False)) as address, open_client(address) as own:
        reason = refused(judge(own, still(SUSPECT)), 503)
    assert "Falconsai/nsfw_image_detection" in reason
    assert "image-tagger models pull Falconsai/nsfw_image_detection" in reason


@pytest.mark.parametrize(
    ("text", "query", "reason"),
    [
        ("[labels.nsfw", {}, "the policy is no TOML"),
        (policy("nsfw", 0.5), {}, "the policy names a label that the model lacks, 'nsfw'; its 293 begin with: "),
        (policy("nsfw", 2), {}, "labels.nsfw.threshold must be a number in 0..1"),
        (None, {"every": "soon"}, "'soon' is no step"),
        (None, {"frames": "no"}, "'no' names no frames"),
        (None, {"frames": "key", "every": "1s"}, "choose one of every and frames"),
    ],
)
def test_a_request_that_means_nothing_is_told_why(
    client: httpx.Client, text: str | None, query: dict[str, str], reason: str
) -> None:
    assert reason in refused(judge(client, jpeg(1), text, **query), 422)


def test_a_form_has_one_file(client: httpx.Client) -> None:
    two = [("file", jpeg(1)), ("file", jpeg(2))]

    assert refused(client.post("/api/moderation"), 422) == "the form needs one part named file, not 0"
    assert refused(client.post("/api/moderation", files={"picture": jpeg(1)}), 422).endswith("not 0")
    assert refused(client.post("/api/moderation", files=two), 422).endswith("not 2")


def test_a_policy_that_is_no_text_is_refused(client: httpx.Client) -> None:
    parts = {"file": jpeg(1), "policy": b"\xff\xfe"}

    assert "UTF-8" in refused(client.post("/api/moderation", files=parts), 422)


@pytest.mark.parametrize("content", [b"", b"no picture", jpeg(1)[:500]])
def test_what_is_no_picture_is_refused(client: httpx.Client, telling: Telling, content: bytes) -> None:
    assert refused(judge(client, content, policy(*telling)), 400)


def test_what_is_too_large_is_refused(frugal_client: httpx.Client, telling: Telling) -> None:
    assert refused(judge(frugal_client, bytes(700_000), policy(*telling)), 413)


def test_an_unknown_model_is_named(client: httpx.Client) -> None:
    answer = judge(client, jpeg(1), policy("cat", 0.5), model="no-such-model")

    assert "no-such-model" in refused(answer, 404)


def test_a_get_is_not_allowed(client: httpx.Client) -> None:
    assert refused(client.get("/api/moderation"), 405) == "Method Not Allowed"


def test_keys_guard_it(tmp_path: Path, telling: Telling) -> None:
    settings = Settings(data_dir=tmp_path, use_api_keys=True, api_keys=SecretStr("one, two"))
    with serving(settings) as address, open_client(address) as own:
        assert judge(own, still(SUSPECT), policy(*telling)).status_code == 401
        own.headers["X-API-Key"] = "two"
        assert verdict(own, still(SUSPECT), policy(*telling))["verdict"] == "block"
