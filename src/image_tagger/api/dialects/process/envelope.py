"""The answer of `/process`: one envelope for success and failure."""

import json
from typing import Any

from fastapi import Response

from image_tagger.api.dialects.process.batches import Outcome
from image_tagger.api.dialects.process.documents import BatchRefused
from image_tagger.domain.errors import TaggerError


def success(outcome: Outcome) -> Response:
    """HTTP 200, also where nothing could be treated. Raises BatchRefused for documents that JSON cannot say again."""
    try:
        return _answer(200, "Success", list(outcome.treated), refused=list(outcome.refused))
    except RecursionError as error:  # writing goes less deep than reading
        raise BatchRefused("JSONDecodeError", "the JSON is nested too deeply") from error
    except ValueError as error:
        raise BatchRefused("JSONDecodeError", "a number in the documents is too large") from error


def failure(error: TaggerError, *, status: int) -> Response:
    """The whole request failed: `error` is two lines, what kind and why."""
    kind = error.kind if isinstance(error, BatchRefused) else type(error).__name__
    return _answer(status, "Error", None, error=f"{kind}\n{error}")


def _answer(
    status: int, message: str, data: list[Any] | None, *, error: str = "", refused: list[Any] | None = None
) -> Response:
    body = {
        "status": {"code": status, "message": message},
        "data": data,
        "error": error,
        "number_documents_treated": len(data or ()),
        "number_documents_non_treated": len(refused or ()),
        "list_id_not_treated": refused or [],
        "memory_used": "",
        "ram_used": "",
    }
    # ASCII only, since a text that came with half a surrogate pair must go back the same
    return Response(json.dumps(body, allow_nan=False), status_code=status, media_type="application/json")
