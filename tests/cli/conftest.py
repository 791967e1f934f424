"""Commands run inside this process, which is quicker; `command.py` runs the installed one."""

import os
from collections.abc import Callable

import pytest

from image_tagger.cli import main
from tests.cli.command import Outcome

Tagger = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IMAGE_TAGGER_") or name == "PORT"]:
        monkeypatch.delenv(name)


@pytest.fixture
def tagger(capsys: pytest.CaptureFixture[str]) -> Tagger:
    """`image-tagger` with these arguments, to its end."""

    def call(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as end:
            main([*arguments])
        written = capsys.readouterr()
        return Outcome(end.value.code or 0, written.out, written.err)

    return call
