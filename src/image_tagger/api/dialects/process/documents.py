"""The body of `/process`: JSON of any shape -> documents, each with a picture or film or the reason why it has none."""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from image_tagger.domain.errors import InvalidRequest, RequestTooLarge
from image_tagger.domain.queries import Base64

PICTURES = frozenset({"jpeg", "jpg", "tiff", "png", "tif", "gif", "bmp"})
FILMS = frozenset({"mp4", "mov", "avi", "wmv", "flv", "webm", "mkv", "m4v"})
WRONG_TYPE = "File type not valid"
UNSUITABLE = "No Image/Video suitable for tagging analysis "  # the blank at the end belongs to it
DEFAULT_LABELS = 5
MOST_DOCUMENTS = 100_000  # of the largest body, so many are thumbnails; each costs something even if it is no document


class BatchRefused(InvalidRequest):
    """The whole request has no meaning; `kind` is the first line that clients of the original know."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it came, and its picture or film; `reason` says why there is none."""

    wire: Any
    media: Base64 | None
    reason: str = ""
    film: bool = False

    @property
    def id(self) -> str:
        """The id as the failure list spells it."""
        return str(self.wire.get("id")) if isinstance(self.wire, dict) else str(None)


@dataclass(frozen=True, slots=True)
class Batch:
    """What the client asked for."""

    documents: tuple[Document, ...]
    labels: int


def read_batch(body: bytearray) -> Batch:
    """The batch of a body. Raises BatchRefused, and RequestTooLarge for too many documents."""
    parsed = _parse(body)
    if not isinstance(parsed, dict):
        raise BatchRefused("AttributeError", f"{type(parsed).__name__!r} object has no attribute 'get'")
    documents = parsed.get("documents")
    if not isinstance(documents, list):
        raise BatchRefused("AttributeError", "Expected a list of Documents")
    if len(documents) > MOST_DOCUMENTS:
        raise RequestTooLarge(f"the batch has more than {MOST_DOCUMENTS} documents")
    return Batch(tuple(map(_document, documents)), _labels(parsed))


def _parse(body: bytearray) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BatchRefused("JSONDecodeError", str(error)) from error
    except RecursionError as error:
        raise BatchRefused("JSONDecodeError", "the JSON is nested too deeply") from error
    except ValueError as error:  # bytes that are no Unicode, integers of thousands of digits
        raise BatchRefused("JSONDecodeError", "the body is no JSON text") from error


def _refuse_constant(name: str) -> NoReturn:
    raise BatchRefused("JSONDecodeError", f"{name} is not JSON")


def _labels(parsed: dict[str, Any]) -> int:
    wanted = parsed.get("num_labels")
    if wanted is None:
        wanted = parsed.get("num_classes")
    if isinstance(wanted, int):
        return int(wanted)
    if not isinstance(wanted, str) or not wanted:
        return DEFAULT_LABELS
    try:
        return int(wanted)
    except ValueError as error:
        raise BatchRefused("ValueError", f"invalid literal for int() with base 10: {wanted[:80]!r}") from error


def _document(wire: Any) -> Document:
    source = wire.get("source") if isinstance(wire, dict) else None
    file_type = source.get("file_type") if isinstance(source, dict) else None
    if not isinstance(file_type, str) or file_type.lower() not in PICTURES | FILMS:
        return Document(wire, None, WRONG_TYPE)
    content = source.get("content") if isinstance(source, dict) else None
    if not isinstance(content, str):
        return Document(wire, None, UNSUITABLE)
    return Document(wire, Base64(content), film=file_type.lower() in FILMS)
