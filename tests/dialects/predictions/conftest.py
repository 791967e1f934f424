"""What the image host serves to the tests of `GET /predictions`."""

import pytest

from tests.dialects.pictures import jpeg
from tests.upstream import ImageHost, answer


@pytest.fixture(scope="session")
def photo(host: ImageHost) -> str:
    """The URL of a picture; the sheet calls it P."""
    host.on("/text.jpg", answer(b"this is no picture"))
    return host.on("/photo.jpg", answer(jpeg(1)))


@pytest.fixture(scope="session")
def pictures(host: ImageHost) -> list[str]:
    """The URLs of three more pictures."""
    return [host.on(f"/picture-{seed}.jpg", answer(jpeg(seed))) for seed in (11, 12, 13)]
