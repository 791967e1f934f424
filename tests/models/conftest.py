"""A hub for the tests of models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.hub import Hub, hub_asked


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on this machine, and no other one is asked."""
    with hub_asked(monkeypatch, tmp_path) as asked:
        yield asked
