"""What tests need beside the default installation."""

from typing import Any

import pytest

from image_tagger import plugins
from image_tagger.domain.errors import MissingExtra


def needed(runtime: str) -> Any:
    """The module of a runtime; without its library the test is skipped, and says which extra it needs."""
    try:
        return plugins.load("image_tagger.models.runtimes", runtime)
    except MissingExtra as missing:
        pytest.skip(str(missing))
