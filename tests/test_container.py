"""The container's recipe, as far as it can be checked without building it."""

import json
import re
import signal
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from image_tagger.cli.commands import app
from image_tagger.settings import PREFIX, Settings
from tests.cli.command import SECONDS, ended, environment, started
from tests.cli.test_serve import listening

REPOSITORY = Path(__file__).parents[1]
ENV = re.compile(r"(\w+)=(\S+)")


@cache
def recipe() -> tuple[tuple[str, str], ...]:
    """The instructions of all stages: (COPY, its arguments) and so on."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return tuple((word, rest.strip()) for word, _, rest in pairs)


def last(word: str) -> str:
    """The arguments of the last such instruction, the one that counts."""
    return [rest for name, rest in recipe() if name == word][-1]


def variables() -> dict[str, str]:
    return {name: value for word, rest in recipe() if word == "ENV" for name, value in ENV.findall(rest)}


def copied() -> list[str]:
    """What comes from the repository; the last argument is where it goes."""
    arguments = [rest.split() for word, rest in recipe() if word == "COPY" and not rest.startswith("--from")]
    return [source for one in arguments for source in one[:-1]]


def ignored(path: str) -> bool:
    """Whether `.dockerignore` keeps a path out: the last line that fits it, or a folder it is in, decides."""
    parts = Path(path).parts
    branches = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    kept_out = False
    for line in (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split():
        pattern = line.removeprefix("!").removeprefix("**/")
        candidates = parts if "**/" in line else branches
        if any(fnmatch(candidate, pattern) for candidate in candidates):
            kept_out = not line.startswith("!")
    return kept_out


def project() -> dict[str, Any]:
    table = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    project: dict[str, Any] = table["project"]
    return project


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_is_let_in(source: str) -> None:
    assert (REPOSITORY / source).exists()
    assert not ignored(source)


@pytest.mark.parametrize("needed", ["src/image_tagger/models/embedded/starter.onnx", "src/image_tagger/py.typed"])
def test_files_that_are_no_code_are_let_in(needed: str) -> None:
    assert not ignored(needed)


@pytest.mark.parametrize(
    "private", [".git/config", "tests/conftest.py", ".venv/bin/python", "src/image_tagger/__pycache__"]
)
def test_what_the_product_does_not_need_stays_out(private: str) -> None:
    assert ignored(private)


def test_everything_the_build_reads_is_copied() -> None:
    metadata = project()
    assert {metadata["readme"], "pyproject.toml", "src", "LICENSE"} <= set(copied())


def test_the_image_s_python_is_one_that_the_product_supports() -> None:
    stages = [rest.split()[0] for word, rest in recipe() if word == "FROM"]
    (image,) = set(stages)  # the environment is copied from the one stage to the other, so both need the same Python
    version = image.removeprefix("python:").removesuffix("-slim")
    assert f"Programming Language :: Python :: {version}" in project()["classifiers"]


def test_the_command_is_the_installed_one() -> None:
    script, command = json.loads(last("CMD"))
    assert project()["scripts"] == {script: "image_tagger.cli:main"}
    assert command in {registered.name for registered in app.registered_commands}


def test_the_variables_are_settings_with_values_that_fit() -> None:
    values = {name.removeprefix(PREFIX).lower(): v for name, v in variables().items() if name.startswith(PREFIX)}
    assert values.keys() <= Settings.model_fields.keys()
    settings = Settings(**values)  # type: ignore[arg-type]  # text, as from the environment
    assert settings.host == "0.0.0.0"
    assert settings.data_dir == Path(last("VOLUME"))
    assert last("EXPOSE") == variables()["PORT"]


def test_it_runs_as_an_unprivileged_user_who_is_made_first() -> None:
    user = last("USER")
    words = [word for word, _ in recipe()]
    assert user not in {"root", "0"}
    assert any(word == "RUN" and rest.startswith("useradd") and rest.endswith(f" {user}") for word, rest in recipe())
    assert words.index("USER") > words.index("ENV")
    assert words[-1] == "CMD"


def healthcheck(port: str) -> int:
    """Run the health check as it is written, with this Python; answer its exit status."""
    _, _, command = last("HEALTHCHECK").partition("CMD ")
    python, *arguments = json.loads(command)
    assert python == "python"
    checked = subprocess.run(
        [sys.executable, *arguments], env=environment(port=port), capture_output=True, timeout=SECONDS, check=False
    )
    return checked.returncode


def test_the_health_check_tells_a_served_product_from_one_that_is_not(tmp_path: Path) -> None:
    own = {name.lower(): value for name, value in variables().items() if name.startswith(PREFIX)}
    settings = own | {"port": "0", "image_tagger_data_dir": str(tmp_path)}
    _, *command = json.loads(last("CMD"))
    with started(*command, **settings) as process:
        port = listening(process)[0].rpartition(":")[2]
        assert healthcheck(port) == 0
        ended(process, signal.SIGTERM)
    assert healthcheck(port) == 1
