"""The examples of the page about the client, run one after the other."""

import re
from pathlib import Path
from typing import Any

import pytest

from image_tagger.domain.policy import Action
from tests.client.conftest import KEY
from tests.dialects.films import FRUIT, SEA, animation
from tests.dialects.recognition.networks import colours
from tests.server import Address

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def written(server: Address, photo: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's program, for the server of the tests, in a folder with the files that it names."""
    (tmp_path / "photo.jpg").write_bytes(photo)
    (tmp_path / "film.gif").write_bytes(animation(SEA, FRUIT))
    colours(tmp_path / "colours.onnx")
    monkeypatch.chdir(tmp_path)
    return "\n".join(EXAMPLES).replace("http://127.0.0.1:8000", server.url).replace("secret", KEY)


def test_the_examples_run(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran: dict[str, Any] = {}
    try:
        exec(written, ran)  # noqa: S102 - the page is ours
    finally:
        ran["client"].close()

    assert len(EXAMPLES) == 6
    assert ran["verdict"].action in {Action.ALLOW, Action.REVIEW}
    assert [len(answer) for answer in ran["answers"]] == [1, 1]
    assert ran["best"][0].label in {"red", "green", "blue"}
    assert ran["second"].id != ran["version"].id
    assert ran["labels"][0] == ran["answers"][0][0].label
    assert ran["labels"][0] in capsys.readouterr().out
