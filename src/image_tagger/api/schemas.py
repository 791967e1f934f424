"""The description of the API with every shared part where all readers of OpenAPI look for it."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

DEFINITIONS = "$defs"
REFERENCE = f"#/{DEFINITIONS}/"


def self_contained(app: FastAPI) -> None:
    """Let the application describe itself without `$defs`.

    References to them count from the root of the document, where they are not: ReDoc shows nothing then.
    """
    describe: Callable[[], dict[str, Any]] = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = inlined(describe(), {})
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI documents to change it


def inlined(part: Any, known: dict[str, Any]) -> Any:
    """The part of a JSON document without `$defs`: references into these and `known` ones become what they name.

    Definitions must not name themselves.
    """
    if isinstance(part, list):
        return [inlined(one, known) for one in part]
    if not isinstance(part, dict):
        return part
    known = known | part.get(DEFINITIONS, {})
    name = str(part.get("$ref", "")).removeprefix(REFERENCE)
    if name in known:
        beside = {key: value for key, value in part.items() if key != "$ref"}
        return inlined(known[name] | beside, known)
    return {key: inlined(value, known) for key, value in part.items() if key != DEFINITIONS}
