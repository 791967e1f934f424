"""What the API pages say about `/v1/images`."""

from typing import Any

from pydantic import BaseModel, Field

from image_tagger.domain.results import LARGEST_PAGE, LEAST, PAGE


class Label(BaseModel):
    """A label of a picture."""

    label: str
    score: float = Field(ge=0, le=1, description="The highest of its regions.")
    model: str


class Image(BaseModel):
    """A picture that was found."""

    id: int
    image: str = Field(description="Path or URL.", examples=["/photos/2024/rex.jpg"])
    labels: list[Label] = Field(description="All that reach `min`, the highest score first.")


class Answer(BaseModel):
    """A page."""

    images: list[Image] = Field(description="In the order in which they were first recorded.")
    next: int | None = Field(description="`after` of the next page; null on the last one.")


class Reason(BaseModel):
    """What is wrong."""

    type: str = Field(examples=["InvalidSearch"])
    detail: str
    position: int | None = Field(
        None, description="Of a search: the character where it stops meaning anything, from 1."
    )


class Failure(BaseModel):
    """The shape of errors."""

    error: Reason


class Refusal(BaseModel):
    """The answer to a request without a key, as everywhere under `/api/` and `/v1/`."""

    detail: str


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Answer},
    400: {"model": Failure, "description": "`q` is no search."},
    401: {"model": Refusal, "description": "The key is missing or wrong, where the server asks for one."},
    422: {"model": Failure, "description": "A parameter is missing, unknown or out of its range."},
    503: {"model": Failure, "description": "The database cannot be read now."},
}

PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "label",
        "in": "query",
        "description": "A label, a synonym or a class of labels; where it is repeated, all of them are wanted.",
        "schema": {"type": "array", "items": {"type": "string"}},
        "example": ["dog"],
    },
    {
        "name": "q",
        "in": "query",
        "description": "Instead of `label`: labels joined by `and`, `or`, `not` and brackets.",
        "schema": {"type": "string"},
    },
    {
        "name": "min",
        "in": "query",
        "description": "Score from which a label counts.",
        "schema": {"type": "number", "minimum": 0, "maximum": 1, "default": LEAST},
    },
    {"name": "model", "in": "query", "description": "Only labels of this model.", "schema": {"type": "string"}},
    {
        "name": "limit",
        "in": "query",
        "description": "At most this many pictures.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    },
    {
        "name": "after",
        "in": "query",
        "description": "`next` of the page before.",
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    },
]
