"""`multipart/form-data` as it arrives: chunks of a body in; names, contents and ends of its parts out."""

import logging
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from image_tagger.domain.errors import InvalidRequest

MALFORMED = "the multipart body cannot be read: {}"

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # the client is told what is wrong with its body


@dataclass(frozen=True, slots=True)
class Begin:
    """A part of this name begins."""

    name: str


@dataclass(frozen=True, slots=True)
class Data:
    """More of the content of the part that began last."""

    content: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The part that began last is whole."""


Event = Begin | Data | End


class Multipart:
    """The parser of one body. Every method raises InvalidRequest for a body that is not what its type says."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[Event] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._field = self._value = b""
        self._whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise InvalidRequest(MALFORMED.format("its boundary is too long")) from error

    def feed(self, chunk: bytes) -> list[Event]:
        """What the next bytes of the body bring."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidRequest(MALFORMED.format("its parts are not where they should be")) from error
        events, self._events = self._events, []
        return events

    def finish(self) -> None:
        """The body is over."""
        if not self._whole:
            raise InvalidRequest(MALFORMED.format("it ends in the middle"))

    def _begin_part(self) -> None:
        self._headers = []
        self._field = self._value = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers.append((self._field.lower(), self._value))
        self._field = self._value = b""

    def _end_headers(self) -> None:
        disposition = dict(self._headers).get(b"content-disposition", b"").decode("latin-1")
        name = parse_options_header(disposition)[1].get(b"name")
        if name is None:
            raise InvalidRequest(MALFORMED.format("a part has no name"))
        self._events.append(Begin(name.decode("utf-8", "replace")))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(Data(data[start:end]))

    def _end_part(self) -> None:
        self._events.append(End())

    def _end(self) -> None:
        self._whole = True


def boundary_of(content_type: str) -> bytes | None:
    """What separates the parts; None where the type is no form. Raises InvalidRequest for a form without one."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    if not options.get(b"boundary"):
        raise InvalidRequest(MALFORMED.format("its type names no boundary"))
    return options[b"boundary"]
