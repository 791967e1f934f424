"""Asking for a verdict, and the verdict."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from image_tagger.client.pictures import media_of, part_of
from image_tagger.client.talking import Ask, Part, Talk, understood
from image_tagger.domain.errors import InvalidMedia, InvalidRequest, UnknownModel
from image_tagger.domain.policy import Action
from image_tagger.domain.queries import Url
from image_tagger.domain.segments import Segment

if TYPE_CHECKING:
    from image_tagger.client.pictures import Picture

MEANINGS = ((400, InvalidMedia), (404, UnknownModel))


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule of the policy that applies.

    peak: the label's highest score, first reached at `peak_seconds`. seconds: how long it is there in all.
    segments: the first hundred, in order; `more_segments` counts the others.
    """

    label: str
    action: Action
    threshold: float
    peak: float
    peak_seconds: float
    seconds: float
    segments: tuple[Segment, ...]
    more_segments: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a file, and why; the harshest reason first.

    frames, seconds: how many were looked at, and how far they reach. stopped: nothing behind that was looked at.
    damage: why the file cannot be read to its end; empty where it can.
    """

    action: Action
    reasons: tuple[Reason, ...]
    model: str
    frames: int
    seconds: float
    stopped: bool
    damage: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """How to judge: a policy in TOML or its file; model, every, frames as in a policy. Empty: as the server does."""

    policy: str | Path = ""
    model: str = ""
    every: str = ""
    frames: str = ""


def moderate(picture: "Picture", how: Judgement) -> Talk[Verdict]:
    """The verdict on a picture or film. Raises InvalidRequest for a URL."""
    media = media_of(picture)
    if isinstance(media, Url):
        raise InvalidRequest("a verdict needs the file itself, not a URL")
    policy = _text(how.policy)
    query = (("model", how.model), ("every", how.every), ("frames", how.frames))
    parts = (part_of("file", media), *([Part("policy", policy)] if policy else []))
    given = tuple((name, value) for name, value in query if value)
    answer = yield Ask("POST", "/api/moderation", given, parts, meanings=MEANINGS)
    return understood(answer, _verdict)


def _text(policy: str | Path) -> str:
    if isinstance(policy, str):
        return policy
    try:
        return policy.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"the policy {policy.name} cannot be read") from error


def _verdict(body: Any) -> Verdict:
    reasons = tuple(map(_reason, body["reasons"]))
    plain = {name: body[name] for name in ("model", "frames", "seconds", "stopped", "damage")}
    return Verdict(Action(body["verdict"]), reasons, **plain)


def _reason(found: Any) -> Reason:
    segments = tuple(Segment(**{"label": found["label"], **segment}) for segment in found["segments"])
    return Reason(**{**found, "action": Action(found["action"]), "segments": segments})
