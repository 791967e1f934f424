"""Who may ask what: admin keys everything; read keys only for inferences, their tasks and the account."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from fastapi import Request, Response

from image_tagger.api.auth import HEADER, is_one_of, keys_in
from image_tagger.api.dialects.recognition.failures import Forbidden, Unauthorized
from image_tagger.settings import Settings

Endpoint = Callable[[Request], Awaitable[Response]]


class Role(StrEnum):
    """What a key is for."""

    ADMIN = "admin"
    READ = "read"


class Access:
    """Looks at `X-API-KEY`. Where the settings ask for no keys, everybody is an admin."""

    def __init__(self, settings: Settings) -> None:
        self._asked = settings.use_api_keys
        self._admins = keys_in(settings.api_keys)
        self._readers = keys_in(settings.read_api_keys)

    def role(self, request: Request) -> Role:
        """The role of a request's key. Raises Unauthorized."""
        given = request.headers.get(HEADER, "").encode("latin-1")
        if not self._asked or is_one_of(given, self._admins):
            return Role.ADMIN
        if is_one_of(given, self._readers):
            return Role.READ
        raise Unauthorized("the header X-API-KEY names no key that is known here")

    def guarded(self, endpoint: Endpoint, *, for_readers: bool) -> Endpoint:
        """The endpoint behind this door."""

        async def answer(request: Request) -> Response:
            if self.role(request) is Role.READ and not for_readers:
                raise Forbidden("this key is for inferences only")
            return await endpoint(request)

        answer.__doc__ = endpoint.__doc__
        answer.__name__ = endpoint.__name__
        return answer
