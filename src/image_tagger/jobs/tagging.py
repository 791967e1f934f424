"""What a job that tags pictures is to do, as the ledger keeps it."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import Json
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version

KIND = "tag_files"
CHUNK = 256  # pictures of an item, at most
SMALL_CHUNK = 32  # where a picture takes long: what is done is seen sooner, and workers share more evenly
LARGE_NETWORK = 16 * 1024 * 1024  # bytes of its file; then a picture takes 20 ms and more
ATTEMPTS = 8  # of a picture that may be reachable later: some minutes
FOLDER, MANIFEST, LIST = "folder", "manifest", "list"
S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which labels: at most `top` of those with a score of at least `min_score`, of `labels` where any are named.

    sure: instead, what the model is sure of. vocabulary: the text of a vocabulary in whose words they come.
    """

    top: int | None = None
    min_score: float = 0.0
    sure: bool = False
    labels: tuple[str, ...] = ()
    vocabulary: str = ""

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise InvalidRequest("top must be at least 1")
        if not 0 <= self.min_score <= 1:
            raise InvalidRequest("min_confidence must be in 0..1")

    @property
    def selection(self) -> Selection:
        """The same without the names of labels."""
        return Selection(self.top, self.min_score, self.sure)


@dataclass(frozen=True, slots=True)
class Order:
    """Pictures to tag.

    source: FOLDER lists `place`, MANIFEST reads `manifest`, LIST has its pictures already. place: what names without
    a scheme are relative to: a path without links, a location in object storage, or nothing. called: `place` or
    `manifest` as the user wrote it. manifest: a path without links, or a location in object storage.
    trusted: a person at this machine asked, so any file may be read. output: the file that they want. model_path: the
    folder of the model, where that is how they named it. chunk: pictures of an item.
    """

    source: str
    place: str = ""
    called: str = ""
    manifest: str = ""
    model: str = ""
    wanted: Wanted = Wanted()
    recursive: bool = True
    xmp: bool = False
    trusted: bool = False
    output: str = ""
    model_path: str = ""
    webhook: str = ""
    chunk: int = CHUNK

    def as_json(self) -> dict[str, Any]:
        """A job's parameters."""
        return asdict(self)

    @classmethod
    def of_json(cls, parameters: Json) -> "Order":
        """The order that these parameters were made of."""
        wanted = {**parameters["wanted"], "labels": tuple(parameters["wanted"]["labels"])}
        return replace(cls(FOLDER), **{**parameters, "wanted": Wanted(**wanted)})

    def cut_for(self, version: Version) -> "Order":
        """The same in chunks that suit its pictures and this model. Looks at the model's file."""
        file = version.network.file
        slow = self.source != FOLDER or (file.is_file() and file.stat().st_size > LARGE_NETWORK)
        return replace(self, chunk=SMALL_CHUNK if slow else CHUNK)

    def manner(self, version: Version) -> str:
        """What decides about a picture's labels, hashed: 16 hexadecimal digits."""
        said = [version.name, version.network.sha256, version.spec.labels.names, asdict(self.wanted)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def location(self, name: str) -> str | Path:
        """Where a picture is: a URL, a location in object storage, or a file. Raises InvalidRequest for nowhere."""
        if "://" in name:
            return name
        if self.place.startswith(S3) and not name.startswith("/"):
            return f"{self.place.rstrip('/')}/{name}"
        if not self.place and not name.startswith("/"):
            raise InvalidRequest("a relative name needs a manifest that is a file")
        return Path(self.place, name)
