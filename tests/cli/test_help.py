"""What the command says about itself, at once and readably."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.cli.command import run
from tests.cli.conftest import Tagger

COMMANDS = (
    (),
    ("serve",),
    ("tag",),
    ("sort",),
    ("detect",),
    ("moderate",),
    ("models",),
    ("models", "list"),
    ("models", "add"),
    ("models", "inspect"),
    ("untag",),
    ("duplicates",),
    ("find",),
    ("jobs",),
    ("jobs", "list"),
    ("worker",),
    ("doctor",),
)
EXAMPLES = (
    (("tag",), "  image-tagger tag holiday/ --recursive --csv > labels.csv"),
    (("tag",), "  cat photo.heic | image-tagger tag -"),
    (("detect",), "  image-tagger detect photo.jpg --model yolox --draw out.jpg"),
    (("sort",), "  image-tagger sort photos/ --classes dog,car --dry-run"),
    (("moderate",), "  image-tagger moderate upload.mp4 --policy policy.toml"),
    (("serve",), "  image-tagger serve --host 0.0.0.0 --port 8000 --port 5011"),
    (("models", "list"), "  image-tagger models list --json"),
    (("doctor",), "  image-tagger doctor"),
)
HEAVY = ("aiohttp", "fastapi", "numpy", "onnxruntime", "PIL", "pydantic", "rich", "uvicorn")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_plain_text(tagger: Tagger, command: tuple[str, ...]) -> None:
    outcome = tagger(*command, "--help")
    assert outcome.status == 0
    assert outcome.out.startswith(" ".join(("Usage: image-tagger", *command)))
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert outcome.out.isascii()
    assert outcome.err == ""


@pytest.mark.parametrize(("command", "example"), EXAMPLES)
def test_each_example_has_a_line_of_its_own(tagger: Tagger, command: tuple[str, ...], example: str) -> None:
    lines = tagger(*command, "--help").out.splitlines()
    assert example in [line[2:] for line in lines]


def test_the_list_of_commands_is_not_cut(tagger: Tagger) -> None:
    commands = tagger("--help").out.partition("Commands:")[2]
    assert {line.split()[0] for line in commands.strip().splitlines()} == {
        "serve",
        "tag",
        "untag",
        "sort",
        "detect",
        "duplicates",
        "find",
        "moderate",
        "models",
        "jobs",
        "worker",
        "doctor",
    }
    assert "..." not in commands


def test_the_version_is_the_installed_one() -> None:
    outcome = run("--version")
    assert (outcome.status, outcome.out) == (0, f"image-tagger {version('image-tagger')}\n")


def test_help_starts_without_the_engine_and_the_web_framework() -> None:
    program = f"import sys, image_tagger.cli.commands; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("tga",), "No such command 'tga'"),
        (("tag",), "Missing argument"),
        (("tag", "--top", "0", "a.jpg"), "--top"),
        (("tag", "--min-confidence", "1.5", "a.jpg"), "--min-confidence"),
        (("tag", "--json", "--csv", "a.jpg"), "choose one of --json, --jsonl and --csv"),
        (("tag", "--jason", "a.jpg"), "No such option"),
        (("serve", "--port", "65536"), "--port"),
        (("serve", "--port", "http"), "--port"),
    ],
)
def test_a_wrong_command_line_is_named_and_ends_with_2(tagger: Tagger, arguments: tuple[str, ...], reason: str) -> None:
    outcome = tagger(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert "--help" in outcome.err
