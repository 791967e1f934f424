"""`/accounts/me`: whether a key is good, and for what."""

from fastapi import Request, Response

from image_tagger.api.dialects.recognition.access import Access
from image_tagger.api.dialects.recognition.requests import answer
from image_tagger.domain.errors import UnknownResource

ME = "me"


class Accounts:
    """One method for each request."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def retrieve(self, request: Request) -> Response:
        """Answer the owner of the key, who has no other account than this one."""
        if str(request.path_params["id"]) != ME:
            raise UnknownResource("there is no account but that of the key: /accounts/me/")
        return answer({"id": ME, "role": self._access.role(request).value})
