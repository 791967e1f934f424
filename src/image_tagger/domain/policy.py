"""What is allowed, what a person has to look at and what is blocked: a policy, and its TOML."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Sampling
from image_tagger.domain.sampling import read_every, read_frames
from image_tagger.domain.segments import Rule
from image_tagger.domain.tables import Table, toml_key

MOST_RULES = 1000
MOST_FRAMES = 20_000  # that all rules together keep in mind
MOST_SECONDS = 86_400
LEAVE = 0.8  # of the threshold, where a policy does not say
POLICY_KEYS = ("model", "every", "frames", "default", "damaged", "stop_at", "labels")
RULE_KEYS = ("action", "threshold", "leave", "k", "n", "min_seconds", "gap_seconds")


class Action(StrEnum):
    """What is to be done with a file, the mildest first."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """Its place in the order."""
        return [*Action].index(self)


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What follows from a label that is there."""

    label: str
    action: Action
    when: Rule


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules, the harshest of which decides.

    default: the verdict where no rule applies. damaged: the mildest verdict on a file that cannot be read to its end.
    model, sampling: empty and None leave the choice to whoever asks. stops: the file is not read on once it is blocked.
    """

    rules: tuple[LabelRule, ...]
    default: Action = Action.ALLOW
    damaged: Action = Action.REVIEW
    model: str = ""
    sampling: Sampling | None = None
    stops: bool = False


BUILT_IN = Policy(
    (
        LabelRule("nsfw", Action.REVIEW, Rule(0.5, 0.4)),
        LabelRule("nsfw", Action.BLOCK, Rule(0.85, 0.68, min_seconds=1.0, gap_seconds=2.0)),
    )
)  # docs/examples/moderation-policy.toml says the same


def read_policy(text: str) -> Policy:
    """A policy from TOML. Raises InvalidRequest, naming the key, for all that a policy does not have."""
    table = Table(_parsed(text))
    table.refuse_others(POLICY_KEYS)
    if "every" in table.values and "frames" in table.values:
        raise InvalidRequest("the policy says both every and frames; one of them is enough")
    rules = tuple(_rules(table))
    if not 0 < len(rules) <= MOST_RULES:
        raise InvalidRequest(f"the policy needs 1 to {MOST_RULES} rules: tables like [labels.nsfw]")
    if sum(rule.when.n for rule in rules) > MOST_FRAMES:
        raise InvalidRequest(f"the n of the policy's rules must come to at most {MOST_FRAMES} together")
    return Policy(
        rules,
        default=Action(table.word("default", [*Action], Action.ALLOW)),
        damaged=Action(table.word("damaged", [*Action], Action.REVIEW)),
        model=table.text("model"),
        sampling=_sampling(table),
        stops=table.word("stop_at", [Action.BLOCK, "end"], "end") == Action.BLOCK,
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its message says where
        raise InvalidRequest(f"the policy is no TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # thousands of brackets, integers of thousands of digits
        raise InvalidRequest("the policy is no TOML that can be read") from error


def _sampling(table: Table) -> Sampling | None:
    for key, read in (("every", read_every), ("frames", read_frames)):
        if key in table.values:
            try:
                return read(table.text(key))
            except InvalidRequest as error:
                raise InvalidRequest(f"the policy's {key}: {error}") from error
    return None


def _rules(table: Table) -> Iterator[LabelRule]:
    labels = table.values.get("labels", {})
    if not isinstance(labels, dict):
        raise InvalidRequest("the policy's labels must be tables like [labels.nsfw]")
    for label, rules in labels.items():
        several = isinstance(rules, list)
        for number, rule in enumerate(rules if several else [rules]):
            yield _rule(label, rule, f"labels.{toml_key(label)}{f'[{number}]' if several else ''}")


def _rule(label: str, values: object, path: str) -> LabelRule:
    if not isinstance(values, dict):
        raise InvalidRequest(f"the policy's {path} must be a table with action and threshold")
    table = Table(values, f"{path}.")
    table.refuse_others(RULE_KEYS)
    action, threshold = table.word("action", [*Action]), table.number("threshold", most=1)
    leave = table.number("leave", threshold * LEAVE, most=1)
    k = table.whole("k", 2)
    n = table.whole("n", max(k, 3))
    seconds = [table.number(key, 0.0, most=MOST_SECONDS) for key in ("min_seconds", "gap_seconds")]
    try:
        return LabelRule(label, Action(action), Rule(threshold, leave, k, n, *seconds))
    except InvalidRequest as error:
        raise InvalidRequest(f"the policy's {path}: {error}") from error
