"""What the API pages say about `/api/moderation`."""

from typing import Any

from pydantic import BaseModel, Field

from image_tagger.domain.policy import Action

POLICY = '[labels.nsfw]\naction = "block"\nthreshold = 0.8\nmin_seconds = 2\n'
EXAMPLE: dict[str, Any] = {
    "verdict": "block",
    "model": "Falconsai/nsfw_image_detection",
    "frames": 61,
    "seconds": 60.5,
    "stopped": False,
    "damage": "",
    "reasons": [
        {
            "label": "nsfw",
            "action": "block",
            "threshold": 0.8,
            "peak": 0.97,
            "peak_seconds": 14.0,
            "seconds": 9.0,
            "segments": [
                {
                    "start": 12.0,
                    "end": 21.0,
                    "first_frame": 300,
                    "last_frame": 500,
                    "peak": 0.97,
                    "peak_seconds": 14.0,
                    "mean": 0.91,
                }
            ],
            "more_segments": 0,
        }
    ],
}


class Segment(BaseModel):
    """One stretch in which the label is there."""

    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds; where the next frame that was looked at begins.")
    first_frame: int = Field(description="Its number in the file, from 0.")
    last_frame: int = Field(description="The last one that was looked at.")
    peak: float = Field(ge=0, le=1, description="The highest probability.")
    peak_seconds: float = Field(description="When it was first reached.")
    mean: float = Field(ge=0, le=1, description="Over the frames that were looked at.")


class Reason(BaseModel):
    """A rule of the policy that applies."""

    label: str
    action: Action
    threshold: float
    peak: float
    peak_seconds: float
    seconds: float = Field(description="How long the label is there, in all.")
    segments: list[Segment] = Field(description="The first hundred, in order.")
    more_segments: int = Field(description="How many more there are.")


class Answer(BaseModel):
    """The verdict on a file; all times of a still are 0."""

    verdict: Action
    model: str
    frames: int = Field(description="How many frames were looked at.")
    seconds: float = Field(description="How far they reach.")
    stopped: bool = Field(description="Nothing behind was looked at, because it could change nothing.")
    damage: str = Field(description="Why the file cannot be read to its end; empty where it can.")
    reasons: list[Reason] = Field(description="The harshest first.")


class Failure(BaseModel):
    """The shape of every error."""

    detail: str


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Answer, "content": {"application/json": {"example": EXAMPLE}}},
    400: {"model": Failure, "description": "The file is no picture or film that can be read."},
    401: {"model": Failure, "description": "The key is missing or wrong, where the server asks for one."},
    404: {"model": Failure, "description": "There is no such model."},
    413: {"model": Failure, "description": "The file or the request is too large."},
    422: {"model": Failure, "description": "The form, the policy or a parameter means nothing; `detail` names it."},
    503: {"model": Failure, "description": "The model cannot run now, or too much is waiting; try again later."},
}

PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "model",
        "in": "query",
        "description": "Model that looks at the file; wins over the policy's.",
        "schema": {"type": "string"},
    },
    {
        "name": "every",
        "in": "query",
        "description": "Of films, a frame every `1s`, `500ms` or `25f` (frames); wins over the policy's.",
        "schema": {"type": "string"},
    },
    {
        "name": "frames",
        "in": "query",
        "description": "Instead of `every`: `all`, `key`, `scenes`, or how many, evenly spread.",
        "schema": {"type": "string"},
    },
]

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "A picture or film."},
                        "policy": {"type": "string", "description": "A policy in TOML, as text or as a file."},
                    },
                },
                "example": {"policy": POLICY},
            }
        },
    }
}
