"""Object storage that speaks S3: listing and reading, the one place that knows its library."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from image_tagger.domain.errors import InvalidMedia, InvalidRequest, MediaTooLarge, MissingExtra, UnreachableMedia

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Store

SCHEME = "s3://"
PAGE = 1000  # objects of one answer when listing
STATUS = re.compile(r"status[^0-9]{0,20}([0-9]{3})\b")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where object storage is, and as whom; what is empty comes from the environment (`AWS_*`)."""

    endpoint: str = ""
    region: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object. name: without the prefix that was listed. size in bytes. modified: nanoseconds since 1970."""

    name: str
    size: int
    modified: int


RETRY: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}  # jobs try again by themselves


class Objects:
    """Reads buckets; connects when first used."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._buckets: dict[str, S3Store] = {}

    async def listed(self, location: str, after: str = "") -> AsyncIterator[Stored]:
        """What is below `s3://bucket/prefix`, by name, page after page; only what comes behind the name `after`.

        Raises InvalidRequest for a bucket that is not there or refuses us, UnreachableMedia.
        """
        bucket, prefix = split(location)
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        with _in_our_words(InvalidRequest, "the bucket is not there"):
            stream = self._bucket(bucket).list(folder, offset=folder + after if after else None, chunk_size=PAGE)
            async for page in stream:
                for meta in page:
                    moment = int(meta["last_modified"].timestamp() * 1_000_000_000)
                    yield Stored(meta["path"].removeprefix(folder), meta["size"], moment)

    async def read(self, location: str, *, most: int) -> tuple[bytes, Stored]:
        """An object's bytes. Raises InvalidMedia where it is not there, MediaTooLarge, UnreachableMedia."""
        bucket, key = split(location)
        with _in_our_words(InvalidMedia, "there is no such object"):
            answer = await self._bucket(bucket).get_async(key)
            meta = answer.meta
            if meta["size"] > most:
                raise MediaTooLarge(f"the file is larger than {most} bytes")
            content = bytes(await answer.bytes_async())
            return content, Stored(key, meta["size"], int(meta["last_modified"].timestamp() * 1_000_000_000))

    async def pieces(self, location: str) -> AsyncIterator[bytes]:
        """An object's bytes as they come. Raises as `read`."""
        bucket, key = split(location)
        with _in_our_words(InvalidMedia, "there is no such object"):
            answer = await self._bucket(bucket).get_async(key)
            async for piece in answer.stream():
                yield bytes(piece)

    def _bucket(self, name: str) -> "S3Store":
        if name not in self._buckets:
            self._buckets[name] = self._connected(name)
        return self._buckets[name]

    def _connected(self, name: str) -> "S3Store":
        from obstore.store import S3Store  # noqa: PLC0415 - an extra, and it is here

        storage = self._storage
        config: S3Config = {}
        if storage.access_key_id:
            config["access_key_id"] = storage.access_key_id
            config["secret_access_key"] = storage.secret_access_key
        if storage.endpoint:
            config["endpoint"] = storage.endpoint
        if storage.region:
            config["region"] = storage.region
        options: ClientConfig = {"timeout": "60s", "connect_timeout": "10s"}
        if storage.endpoint.startswith("http://"):  # otherwise AWS_ALLOW_HTTP decides
            options["allow_http"] = True
        return S3Store(name, config=config, client_options=options, retry_config=RETRY)


def split(location: str) -> tuple[str, str]:
    """The bucket and the key of `s3://bucket/key`. Raises InvalidRequest for anything else."""
    bucket, _, key = location.removeprefix(SCHEME).partition("/")
    if not location.startswith(SCHEME) or not bucket:
        raise InvalidRequest("a place in object storage is written s3://bucket/key")
    return bucket, key


@contextmanager
def _in_our_words(kind: type[InvalidMedia | InvalidRequest], missing: str) -> Iterator[None]:
    """What goes wrong in there; `kind` and `missing` are what a missing object means."""
    try:
        from obstore import exceptions  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("object storage needs the extra s3: pip install 'image-tagger[s3]'") from error
    try:
        yield
    except (exceptions.NotFoundError, FileNotFoundError) as error:
        raise kind(missing) from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise kind("the storage refuses its credentials") from error
    except exceptions.BaseError as error:
        status = STATUS.search(str(error))  # its classes tell only of some requests what went wrong
        if status and status[1] == "404":
            raise kind(missing) from error
        if status and status[1] in {"401", "403"}:
            raise kind("the storage refuses its credentials") from error
        raise UnreachableMedia("the storage does not answer as it should") from error
