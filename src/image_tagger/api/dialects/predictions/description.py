"""What the API pages say about `/predictions`."""

from typing import Any

from pydantic import BaseModel, Field


class Label(BaseModel):
    """One label of the picture."""

    label: str = Field(description="ImageNet's name, with underscores.", examples=["golden_retriever"])
    confidence: float = Field(ge=0, le=1, description="Probability.", examples=[0.83])


class Answer(BaseModel):
    """The labels of a picture."""

    url: str = Field(description="The URL as it was sent.", examples=["http://example.org/photo.jpg"])
    predictions: list[Label] = Field(description="The most probable first.")


class Reason(BaseModel):
    """What went wrong."""

    type: str = Field(examples=["UnreachableURL"])
    detail: str | list[dict[str, Any]] = Field(examples=["Url cannot be reached."])


class Failure(BaseModel):
    """The shape of every error."""

    error: Reason


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Answer},
    400: {"model": Failure, "description": "`InvalidImage`: the URL's content is no picture, or too large a one."},
    404: {"model": Failure, "description": "`UnreachableURL`: the URL gave no content, or may not be fetched."},
    422: {"model": Failure, "description": "`ValidationError`: `detail` lists every wrong parameter."},
    503: {"model": Failure, "description": "`Overloaded` or `ModelUnavailable`: try again later."},
}

PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "url",
        "in": "query",
        "required": True,
        "description": "Absolute http or https URL of a picture.",
        "schema": {"type": "string", "minLength": 1},
        "example": "https://example.org/photo.jpg",
    },
    {
        "name": "top",
        "in": "query",
        "description": "At most this many labels.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
    {
        "name": "minconf",
        "in": "query",
        "description": "Only labels at least this probable.",
        "schema": {"type": "number", "minimum": 0, "maximum": 1},
    },
]
