"""Object storage, against a real server that speaks S3."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from image_tagger.domain.errors import InvalidMedia, InvalidRequest, MediaTooLarge, UnreachableMedia
from image_tagger.media.objects import Objects, Storage
from tests.object_storage import Bucket, storage

MANY = 1005  # more than a page


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    """A bucket with some objects in folders and many in one."""
    with storage() as running:
        running.put({key: key.encode() for key in ("a.jpg", "trip/b.jpg", "trip/day 1/ü.jpg", "trips/c.jpg")})
        running.put({f"many/{number:05}.jpg": b"x" for number in range(MANY)})
        yield running


async def test_a_prefix_is_a_folder(bucket: Bucket) -> None:
    found = [one async for one in bucket.objects.listed("s3://photos/trip")]
    assert [(one.name, one.size) for one in found] == [("b.jpg", 10), ("day 1/ü.jpg", 17)]
    assert [one.name async for one in bucket.objects.listed("s3://photos/trip/")] == [one.name for one in found]


async def test_a_bucket_is_a_folder(bucket: Bucket) -> None:
    names = [one.name async for one in bucket.objects.listed("s3://photos")]
    assert len(names) == MANY + 4
    assert names == sorted(names)


async def test_a_long_listing_comes_in_pages_and_goes_on_behind_a_name(bucket: Bucket) -> None:
    names = [one.name async for one in bucket.objects.listed("s3://photos/many")]
    assert names == [f"{number:05}.jpg" for number in range(MANY)]
    rest = [one.name async for one in bucket.objects.listed("s3://photos/many", after="01000.jpg")]
    assert rest == names[1001:]


async def test_an_object_is_read(bucket: Bucket) -> None:
    content, stored = await bucket.objects.read("s3://photos/trip/day 1/ü.jpg", most=1000)
    assert content.decode() == "trip/day 1/ü.jpg"
    assert stored.size == len(content)
    pieces = [piece async for piece in bucket.objects.pieces("s3://photos/a.jpg")]
    assert b"".join(pieces) == b"a.jpg"


async def test_an_object_that_is_too_large_is_not_read(bucket: Bucket) -> None:
    with pytest.raises(MediaTooLarge, match="larger than 4 bytes"):
        await bucket.objects.read("s3://photos/a.jpg", most=4)


async def test_a_missing_key_is_no_picture(bucket: Bucket) -> None:
    with pytest.raises(InvalidMedia, match="there is no such object"):
        await bucket.objects.read("s3://photos/none.jpg", most=1000)


async def test_a_missing_bucket_says_so(bucket: Bucket) -> None:
    with pytest.raises(InvalidRequest, match="the bucket is not there"):
        [one async for one in bucket.objects.listed("s3://nothing/here")]


@pytest.mark.parametrize("wrong", [{"secret_access_key": "wrong"}, {"access_key_id": "AKIAWRONG"}])
async def test_wrong_credentials_are_refused(bucket: Bucket, wrong: dict[str, str]) -> None:
    stranger = replace(bucket, **wrong).objects
    with pytest.raises(InvalidMedia, match="the storage refuses its credentials"):
        await stranger.read("s3://photos/a.jpg", most=1000)
    with pytest.raises(InvalidRequest, match="the storage refuses its credentials"):
        [one async for one in stranger.listed("s3://photos")]


@pytest.mark.parametrize("location", ["s3://", "s3:///key", "photos/a.jpg", "http://photos/a.jpg"])
async def test_a_place_elsewhere_is_no_object(bucket: Bucket, location: str) -> None:
    with pytest.raises(InvalidRequest, match="s3://bucket/key"):
        await bucket.objects.read(location, most=1000)


async def test_storage_that_is_not_there_is_unreachable() -> None:
    gone = Objects(Storage("http://127.0.0.1:9", "us-east-1", "any", "any"))
    with pytest.raises(UnreachableMedia, match="the storage does not answer as it should"):
        await gone.read("s3://photos/a.jpg", most=1000)
