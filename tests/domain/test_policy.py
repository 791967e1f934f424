"""Policies as users write them: what they mean, and what is said where they mean nothing."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Evenly, EveryNth, PerSecond
from image_tagger.domain.policy import BUILT_IN, POLICY_KEYS, RULE_KEYS, Action, LabelRule, Policy, read_policy
from image_tagger.domain.segments import Rule

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "moderation-policy.toml"
SHORT = '[labels.nsfw]\naction = "block"\nthreshold = 0.8\n'


def test_a_short_policy_has_sensible_defaults() -> None:
    assert read_policy(SHORT) == Policy(
        (LabelRule("nsfw", Action.BLOCK, Rule(0.8, 0.8 * 0.8, 2, 3)),),
        default=Action.ALLOW,
        damaged=Action.REVIEW,
        model="",
        sampling=None,
        stops=False,
    )


def test_every_key_has_its_meaning() -> None:
    policy = read_policy("""
        model = "owner/name"
        every = "500ms"
        default = "review"
        damaged = "block"
        stop_at = "block"
        [labels."tabby, tabby cat"]
        action = "allow"
        threshold = 0.5
        leave = 0.3
        k = 3
        n = 5
        min_seconds = 2
        gap_seconds = 1.5
        """)
    cat = LabelRule("tabby, tabby cat", Action.ALLOW, Rule(0.5, 0.3, 3, 5, 2.0, 1.5))
    assert policy == Policy((cat,), Action.REVIEW, Action.BLOCK, "owner/name", PerSecond(2.0), stops=True)


def test_a_label_may_have_several_rules() -> None:
    policy = read_policy("""
        [[labels.nsfw]]
        action = "review"
        threshold = 0.5
        [[labels.nsfw]]
        action = "block"
        threshold = 0.9
        """)
    assert [(rule.label, rule.action, rule.when.enter) for rule in policy.rules] == [
        ("nsfw", "review", 0.5),
        ("nsfw", "block", 0.9),
    ]


def test_more_frames_asked_for_than_three_widen_the_window() -> None:
    (rule,) = read_policy(SHORT + "k = 7\n").rules
    assert (rule.when.k, rule.when.n) == (7, 7)


@pytest.mark.parametrize(("line", "sampling"), [('every = "25f"', EveryNth(25)), ('frames = "12"', Evenly(12))])
def test_a_policy_says_which_frames(line: str, sampling: object) -> None:
    assert read_policy(f"{line}\n{SHORT}").sampling == sampling


def test_the_documented_policy_is_the_built_in_one() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    policy = read_policy(text)
    assert policy.model == tomllib.loads(text)["model"] == "Falconsai/nsfw_image_detection"
    assert Policy(policy.rules, policy.default, policy.damaged, "", policy.sampling, policy.stops) == BUILT_IN


def test_the_page_s_policy_is_one_and_its_tables_name_every_key() -> None:
    page = (EXAMPLE.parents[1] / "moderation.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert read_policy(example).rules[0].label == "nsfw"
    assert [key for key in (*POLICY_KEYS, *RULE_KEYS) if f"`{key}`" not in page and f"[{key}." not in page] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the policy needs 1 to 1000 rules: tables like [labels.nsfw]"),
        ("[labels]", "the policy needs 1 to 1000 rules"),
        ("labels = 5", "labels must be tables"),
        ("labels.nsfw = 5", "labels.nsfw must be a table with action and threshold"),
        ("labels.nsfw = [5]", "labels.nsfw[0] must be a table with action and threshold"),
        ("[labels.nsfw", "the policy is no TOML: "),
        ("a = " + "[" * 100_000, "the policy is no TOML"),
        ("a = " + "9" * 5000, "the policy is no TOML"),
        (SHORT + SHORT, "the policy is no TOML: "),
        ("colour = 1\n" + SHORT, "the policy has no key colour; there are: model, every, "),
        (SHORT + "treshold = 1", "the policy has no key labels.nsfw.treshold; there are: action, threshold, "),
        (SHORT + '"a b" = 1', 'the policy has no key labels.nsfw."a b"'),
        ('[labels.nsfw]\naction = "block"', "the policy lacks labels.nsfw.threshold"),
        ("[labels.nsfw]\nthreshold = 0.5", "the policy lacks labels.nsfw.action"),
        (
            SHORT.replace("block", "delete"),
            """labels.nsfw.action must be "allow" or "review" or "block", not 'delete'""",
        ),
        (SHORT.replace("0.8", "80"), "labels.nsfw.threshold must be a number in 0..1, not '80'"),
        (SHORT.replace("0.8", "-0.1"), "labels.nsfw.threshold must be a number in 0..1"),
        (SHORT.replace("0.8", "nan"), "labels.nsfw.threshold must be a number in 0..1"),
        (SHORT.replace("0.8", '"high"'), "labels.nsfw.threshold must be a number in 0..1, not 'high'"),
        (SHORT.replace("0.8", "true"), "labels.nsfw.threshold must be a number in 0..1"),
        (SHORT + "leave = 0.9", "labels.nsfw: a rule needs 0 <= leave <= threshold <= 1"),
        (SHORT + "k = 0", "labels.nsfw: a rule needs 1 <= k <= n <= 1000"),
        (SHORT + "k = 4\nn = 3", "labels.nsfw: a rule needs 1 <= k <= n <= 1000"),
        (SHORT + "k = 1.5", "labels.nsfw.k must be a whole number, not '1.5'"),
        (SHORT + "min_seconds = inf", "labels.nsfw.min_seconds must be a number in 0..86400"),
        (SHORT + "gap_seconds = 1" + "0" * 400, "labels.nsfw.gap_seconds must be a number in 0..86400"),
        ('default = "deny"\n' + SHORT, "the policy's default must be "),
        ("default = 1\n" + SHORT, "the policy's default must be "),
        ('damaged = "ignore"\n' + SHORT, "the policy's damaged must be "),
        ('stop_at = "review"\n' + SHORT, """the policy's stop_at must be "block" or "end", not 'review'"""),
        ("model = 1979-05-27\n" + SHORT, "the policy's model must be a text in quotes"),
        ('every = "often"\n' + SHORT, "the policy's every: 'often' is no step"),
        ("every = 1\n" + SHORT, "the policy's every must be a text in quotes, not '1'"),
        ('frames = "0"\n' + SHORT, "the policy's frames: '0' names no frames"),
        ('every = "1s"\nframes = "key"\n' + SHORT, "both every and frames"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_policy(text)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_rule_in_a_list_is_named_by_its_number() -> None:
    with pytest.raises(InvalidRequest, match=r"labels\.nsfw\[1\]\.threshold"):
        read_policy('[[labels.nsfw]]\naction="allow"\nthreshold=0\n[[labels.nsfw]]\naction="block"\nthreshold=2')


def test_too_many_rules_are_refused() -> None:
    many = "\n".join(f'[labels.l{number}]\naction="allow"\nthreshold=0.5' for number in range(1001))
    with pytest.raises(InvalidRequest, match="1 to 1000 rules"):
        read_policy(many)


def test_rules_that_together_keep_too_many_frames_in_mind_are_refused() -> None:
    rule = '[[labels.nsfw]]\naction="block"\nthreshold=0.5\nn=1000\n'
    assert len(read_policy(rule * 20).rules) == 20
    with pytest.raises(InvalidRequest, match="at most 20000 together"):
        read_policy(rule * 21)


@given(st.text() | st.text(alphabet='[]=."\n labelsnsfwactionthreshold0123456789'))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    try:
        assert read_policy(text).rules
    except InvalidRequest as error:
        assert "policy" in str(error)
