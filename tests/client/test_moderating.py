"""`moderate`: verdicts with their reasons."""

from pathlib import Path

import pytest

from image_tagger.client import Client
from image_tagger.domain.errors import InvalidMedia, InvalidRequest, NotAllowed, UnknownModel
from image_tagger.domain.policy import Action
from tests.client.conftest import Call
from tests.dialects.films import FRUIT, SEA, animation, still
from tests.dialects.verdicts.judging import policy
from tests.server import Address


@pytest.fixture(scope="module")
def rule(client: Client) -> str:
    """A policy that blocks fruit and lets the sea pass."""
    suspect, allowed = ({one.label: one.score for one in client.tag(still(name), top=None)} for name in (FRUIT, SEA))
    label = max(suspect, key=lambda name: suspect[name] - allowed[name])
    return policy(label, (suspect[label] + allowed[label]) / 2)


def test_a_verdict_has_its_reasons(call: Call, rule: str, tmp_path: Path) -> None:
    film = tmp_path / "film.gif"
    film.write_bytes(animation(*[SEA] * 5, *[FRUIT] * 4, *[SEA] * 3))

    verdict = call("moderate", film, policy=rule, every="1f")

    (reason,) = verdict.reasons
    (segment,) = reason.segments
    assert (verdict.action, verdict.model, verdict.frames, verdict.damage) == (Action.BLOCK, "starter", 12, "")
    assert (reason.action, reason.more_segments, reason.label) == (Action.BLOCK, 0, segment.label)
    assert (segment.first_frame, segment.last_frame) == (5, 8)
    assert reason.threshold <= segment.mean <= segment.peak == reason.peak


def test_what_breaks_no_rule_is_allowed(call: Call, rule: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(rule)

    verdict = call("moderate", still(SEA), policy=file)

    assert (verdict.action, verdict.reasons, verdict.frames) == (Action.ALLOW, (), 1)


def test_what_cannot_be_judged_is_an_error(
    client: Client, rule: str, photo: bytes, photo_url: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidMedia):
        client.moderate(b"no picture", policy=rule)
    with pytest.raises(InvalidRequest, match="policy"):
        client.moderate(photo, policy="[labels.nsfw]\n")
    with pytest.raises(UnknownModel):
        client.moderate(photo, policy=rule, model="../nowhere")
    with pytest.raises(InvalidRequest, match="file itself"):
        client.moderate(photo_url, policy=rule)
    with pytest.raises(InvalidRequest, match=r"policy none\.toml cannot be read"):
        client.moderate(photo, policy=tmp_path / "none.toml")


def test_a_wrong_key_is_refused(server: Address, photo: bytes) -> None:
    with Client(server.url, api_key="wrong") as stranger, pytest.raises(NotAllowed, match="API Key"):
        stranger.moderate(photo)
