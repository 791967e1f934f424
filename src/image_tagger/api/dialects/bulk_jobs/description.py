"""What the API pages say about `/v1/jobs`."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from image_tagger.api.dialects.bulk_jobs.reading import LARGEST_PAGE, PAGE

STATES = Literal["waiting", "running", "done", "failed", "cancelled"]
EXAMPLE = {"folder": "/srv/photos", "top": 3, "min_confidence": 0.2}


class Begin(BaseModel):
    """A job to begin: exactly one of `folder`, `urls`, `pictures` and `manifest`."""

    folder: str | None = Field(None, description="A path, or `s3://bucket/prefix`, that `allowed_roots` opens.")
    recursive: bool = Field(default=True, description="The folders below, too.")
    urls: list[str] | None = None
    pictures: list[Any] | None = Field(
        None,
        description="Entries as the lines of a manifest have them: texts, or objects with `source-ref`, `url`, `file`.",
    )
    manifest: str | None = Field(None, description="A file of JSON lines under `allowed_roots`, or `s3://bucket/key`.")
    model: str | None = None
    top: int = Field(5, ge=1)
    min_confidence: float = Field(0.0, ge=0, le=1)
    labels: list[str] = Field([], description="Only these labels.")
    webhook: str | None = Field(None, description="URL that is told when the job has ended.")


class Pictures(BaseModel):
    """How many pictures there are so far, and how many have ended in which way."""

    total: int
    done: int
    failed: int
    cancelled: int


class Source(BaseModel):
    """Where the pictures come from, as the request wrote it."""

    kind: Literal["folder", "manifest", "list"]
    place: str | None


class Job(BaseModel):
    """A job as it is now."""

    id: int
    state: STATES
    created: str
    ended: str | None
    source: Source
    model: str | None
    listing: bool = Field(description="More pictures may be found.")
    pictures: Pictures
    error: str | None = Field(description="Why the pictures could not be listed.")


class Latest(BaseModel):
    """A page of jobs."""

    jobs: list[Job]
    total: int


class Label(BaseModel):
    """What is in a picture. Further keys: `groups`, `region`."""

    label: str
    confidence: float


class Item(BaseModel):
    """A picture of a job."""

    number: int
    picture: str
    state: STATES
    labels: list[Label] | None = None
    error: str | None = None


class Items(BaseModel):
    """A page of pictures."""

    items: list[Item]
    next: int | None = Field(description="`after` of the next page; null at the end.")


class Reason(BaseModel):
    """What went wrong."""

    type: str
    detail: str


class Failure(BaseModel):
    """Why there is no answer."""

    error: Reason


def _parameter(name: str, schema: dict[str, Any], text: str, where: str = "query") -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "description": text, "schema": schema}


def _answer(model: type[BaseModel]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": model.model_json_schema()}}, "description": model.__doc__}


ID = _parameter("job_id", {"type": "integer"}, "The job's id.", "path")
LIMIT = _parameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}, "At most this many."
)
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request has no meaning."},
    401: {"description": "The server wants an API key."},
    403: {"model": Failure, "description": "The place is not under `allowed_roots`."},
    404: {"model": Failure, "description": "No such job or model."},
    413: {"model": Failure, "description": "The body is too large."},
    501: {"model": Failure, "description": "A library is not installed."},
    503: {"model": Failure, "description": "Try again later."},
}
BEGIN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Begin.model_json_schema(), "example": EXAMPLE},
            "application/x-ndjson": {"schema": {"type": "string", "description": "A manifest; options in the query."}},
        },
    },
    "responses": {"201": _answer(Job)},
}
LATEST: dict[str, Any] = {
    "parameters": [LIMIT, _parameter("offset", {"type": "integer", "minimum": 0, "default": 0}, "To skip.")],
    "responses": {"200": _answer(Latest)},
}
JOB: dict[str, Any] = {"parameters": [ID], "responses": {"200": _answer(Job)}}
ITEMS: dict[str, Any] = {
    "parameters": [
        ID,
        _parameter("state", {"type": "string", "enum": ["failed"]}, "Only those."),
        _parameter("after", {"type": "integer", "minimum": 0}, "`next` of the page before."),
        LIMIT,
    ],
    "responses": {"200": _answer(Items)},
}
RESULTS: dict[str, Any] = {
    "parameters": [
        ID,
        _parameter("format", {"type": "string", "enum": ["jsonl", "csv"], "default": "jsonl"}, "Of the lines."),
    ],
    "responses": {
        "200": {
            "description": "A line per picture, of CSV per label.",
            "content": {"text/csv": {}, "application/x-ndjson": {}},
        }
    },
}
