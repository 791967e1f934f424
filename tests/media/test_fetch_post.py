"""Messages to URLs: the same guard as for downloads."""

import pytest

from image_tagger.domain.errors import ShuttingDown, UnreachableMedia
from image_tagger.media.fetch import Fetcher, FetchLimits
from tests.dialects.bulk_jobs.jobs import inbox

OPEN = FetchLimits(5, 5, 3, 1000, allow_private=True)
GUARDED = FetchLimits(5, 5, 3, 1000)


async def test_a_message_arrives_with_its_headers() -> None:
    fetcher = Fetcher(OPEN)
    with inbox() as box:
        await fetcher.post(box.url, b"ended", {"X-Mark": "7", "Content-Type": "text/plain"})
    await fetcher.close()
    assert box.bodies == [b"ended"]
    assert (box.headers[0]["x-mark"], box.headers[0]["content-type"]) == ("7", "text/plain")


async def test_a_message_to_this_machine_is_refused() -> None:
    fetcher = Fetcher(GUARDED, resolve=lambda _: ["127.0.0.1"])
    with inbox() as box:
        for address in (box.url, box.url.replace("127.0.0.1", "innocent.example")):
            with pytest.raises(UnreachableMedia, match="its host is not public"):
                await fetcher.post(address, b"ended", {})
    await fetcher.close()
    assert box.bodies == []


async def test_a_refusal_and_a_redirect_are_failures() -> None:
    fetcher = Fetcher(OPEN)
    with inbox(refusals=1) as box, pytest.raises(UnreachableMedia, match="status 503"):
        await fetcher.post(box.url, b"ended", {})
    with inbox() as other, inbox(redirect=other.url) as box, pytest.raises(UnreachableMedia, match="status 307"):
        await fetcher.post(box.url, b"ended", {})
    await fetcher.close()
    assert other.bodies == []


async def test_a_closed_fetcher_sends_nothing() -> None:
    fetcher = Fetcher(OPEN)
    await fetcher.close()
    with pytest.raises(ShuttingDown):
        await fetcher.post("http://example.org/", b"ended", {})
