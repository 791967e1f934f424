"""What the API pages say about the five moderation requests."""

from typing import Any

from pydantic import BaseModel, Field, RootModel

from image_tagger.api.dialects.moderation.parameters import MOST_MODELS


class Label(BaseModel):
    """A label and its score."""

    score: float = Field(ge=0, le=1, examples=[0.91])
    label: str = Field(examples=["normal"])


class Match(BaseModel):
    """A label that reached the score."""

    frame: int | None = Field(None, description="Of a GIF, counted from 0; of a video, from 1. Absent for stills.")
    label: str = Field(examples=["nsfw"])
    score: float = Field(ge=0, le=1, examples=[0.98])


class Best(RootModel[list[Label] | list[list[Label]]]):
    """At most five labels, largest score first; for a GIF such a list for every frame."""


class BestOfFiles(RootModel[list[dict[str, Best]]]):
    """For each file one object, under its number."""


class Found(RootModel[list[Match] | list[dict[str, list[Match]]]]):
    """The matches; where the request has `model_names`, one object for each model with its matches."""


class FoundInFiles(RootModel[list[dict[str, Found]]]):
    """For each file one object, under its number."""


class NotAVideo(BaseModel):
    """The answer to an upload that is no video."""

    error: str = Field(examples=["file is not a video"])


class Failure(BaseModel):
    """The shape of most errors."""

    detail: str


class Unusable(Failure):
    """The upload cannot be used; `error` says why."""

    status_code: int = Field(examples=[400])
    headers: None = None
    error: str


class Violations(BaseModel):
    """Every wrong parameter and missing part."""

    detail: list[dict[str, Any]]


def _parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": schema}


TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
SWITCH: dict[str, Any] = {"type": "boolean", "default": False}
MODEL = _parameter("model_name", TEXT, "Model, as `owner/name`; the server's default where it is absent or empty.")
SEARCH = [
    MODEL,
    _parameter(
        "model_names", {**TEXTS, "maxItems": MOST_MODELS}, "Models, repeated; the answer is then nested by model."
    ),
    _parameter("labels", {**TEXTS, "default": ["nsfw"]}, "Labels to look for, repeated, spelt as the model does."),
    _parameter("score", {"type": "number"}, "Least score of a match; absent or 0: the server's default, 0.7."),
    _parameter("return_on_first_matching_label", SWITCH, "Stop at the first frame with a match."),
    _parameter("fast_mode", SWITCH, "Look at every n-th frame only."),
    _parameter("skip_frames_percentage", {"type": "integer", "default": 5}, "n in percent of all frames; 1 at least."),
    _parameter("skip_frames", {"type": "integer"}, "n itself, where the percentage is absent."),
]
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Unusable, "description": "A file is no picture, or broken or too large; or a model or the body is."},
    401: {"model": Failure, "description": "The server asks for API keys, and `X-API-Key` has none of them."},
    404: {"model": Failure, "description": "There is no such model."},
    413: {"model": Failure, "description": "The request or a file is too large."},
    422: {"model": Violations, "description": "A part is missing, or a parameter cannot be read."},
    503: {"model": Failure, "description": "The model is not here, the database is down, or too much is waiting."},
}
BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def _described(summary: str, answer: Any, parameters: list[dict[str, Any]], *, several: bool = False) -> dict[str, Any]:
    part = {"files": {"type": "array", "items": BINARY}} if several else {"file": BINARY}
    form = {"type": "object", "required": list(part), "properties": part}
    body = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return {
        "summary": summary,
        "responses": {200: {"model": answer}, **FAILURES},
        "openapi_extra": {"parameters": parameters, "requestBody": body},
    }


IMAGE = _described("The best labels of a picture or GIF", Best, [MODEL])
IMAGES = _described("The best labels of several files", BestOfFiles, [MODEL], several=True)
IMAGE_QUERY = _described("Look for labels in a picture or GIF", Found, SEARCH)
IMAGES_QUERY = _described("Look for labels in several files", FoundInFiles, SEARCH, several=True)
VIDEO_QUERY = _described("Look for labels in a video", Found | NotAVideo, SEARCH)
