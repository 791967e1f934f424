"""What can go wrong, in the product's own words. A message is written for the user: no paths, no stack traces."""

from collections.abc import Collection


class TaggerError(Exception):
    """Base of every error this product raises on purpose.

    retry_after: seconds after which the same may succeed by itself; None where waiting does not help.
    """

    retry_after: int | None = None


class InvalidRequest(TaggerError):
    """The caller asked for something that has no meaning."""


class RequestTooLarge(InvalidRequest):
    """The body of a request exceeds its budget of bytes."""


class InvalidMedia(TaggerError):
    """The bytes are no image that can be read."""


class MediaTooLarge(InvalidMedia):
    """The media exceeds a budget of bytes or pixels."""


class TruncatedMedia(InvalidMedia):
    """Some of a file's frames can be read and some cannot; it comes after the good ones, which stay valid."""


class InvalidSidecar(TaggerError):
    """The XMP file beside a picture cannot be changed without a loss; it is left as it is."""


class UnreachableMedia(TaggerError):
    """A URL gave no bytes: refused, unknown host, an error status, too slow, or cut short."""


class RefusedMedia(UnreachableMedia):
    """A URL that is never fetched from here, however often it is tried: malformed, or of an address not allowed."""


class UnknownModel(TaggerError):
    """No model has this name.

    discreet: the message without `known`, the names that there are, which are not for everyone.
    """

    def __init__(self, message: str, *, known: Collection[str] = ()) -> None:
        super().__init__(f"{message}; there are: {', '.join(known)}" if known else message)
        self.discreet = message


class UnknownResource(TaggerError):
    """Nothing is registered under this id."""


class RemovedResource(UnknownResource):
    """What was registered under this id has been removed."""


class ModelUnavailable(TaggerError):
    """The model exists, but cannot run now."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InvalidModel(TaggerError):
    """A model's files contradict each other, or do not give the answers they promise."""


class MissingExtra(TaggerError):
    """An optional library is not installed; the message names the extra that brings it."""


class Overloaded(TaggerError):
    """The queue is full; the caller may try again after `retry_after` seconds."""

    retry_after: int

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ShuttingDown(Overloaded):
    """The server is being stopped and takes no new work."""


class StoreUnavailable(TaggerError):
    """The database or the folder of blobs cannot be used now: down, full, locked, or of another release."""

    def __init__(self, message: str, *, retry_after: int | None = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownJob(TaggerError):
    """No job has this id."""


class NotAllowed(TaggerError):
    """The server wants a key, or another one, for this."""


class ServerUnavailable(TaggerError):
    """The server that a client asks cannot be reached, fails, does not answer in time, or is another kind of server."""


class TaskFailed(TaggerError):
    """A task of a server has ended with an error; the message is the server's."""
