"""What every test may ask for."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import cluster, database_url

settings.register_profile("image-tagger", deadline=None)  # a busy machine is no counterexample
settings.load_profile("image-tagger")
__all__ = ["cluster", "database_url"]  # fixtures
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started by a shell in the background, as commands would be then
    signal.signal(signal.SIGINT, signal.default_int_handler)
SHARED = Path(os.environ.get("IMAGE_TAGGER_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos, formats and models; a test that asks for it skips where it is absent."""
    if not (SHARED / "photos" / "photos.json").is_file():
        pytest.skip("the folder of real photos is not here (IMAGE_TAGGER_TEST_DATA names another place)")
    return SHARED
