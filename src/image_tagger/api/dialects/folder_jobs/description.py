"""What the API pages say about `/classification-job`."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from image_tagger.api.dialects.folder_jobs.asked import MOST_CLASSES


class SortingAsked(BaseModel):
    """A job to begin."""

    classes: list[str] = Field(max_length=MOST_CLASSES, description="Names of folders; the first that matches wins.")
    match: Literal["substring", "hierarchy"] = Field(
        "substring", description="Whether a class stands somewhere in the five best labels, or a label is a kind of it."
    )


class NewSortingJob(BaseModel):
    """A job that has been begun."""

    id: int
    classes: list[str]
    complete: bool
    percentage: int


class SortingJob(NewSortingJob):
    """A job as it is now; the counters come when the folder has been listed."""

    code: int
    number_of_files: int | None = None
    processed: int | None = Field(None, description="Files that are done, moved or not.")
    failed: int | None = Field(None, description="Files among them that could not be read or moved; they stay.")
    error: str | None = Field(None, description="Why the folder could not be listed.")


class SortingRefused(BaseModel):
    """Why there is no answer."""

    code: int
    message: str


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": SortingRefused, "description": "No classes, or no such job."},
    401: {"model": SortingRefused, "description": "The key is missing or wrong."},
    413: {"model": SortingRefused, "description": "The body is too large."},
    503: {"model": SortingRefused, "description": "The database cannot be used now."},
}
KEY: list[dict[str, Any]] = [
    {
        "name": "Authorization",
        "in": "header",
        "required": True,
        "description": "The bare key.",
        "schema": {"type": "string"},
    }
]
POST: dict[str, Any] = {
    "parameters": KEY,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": SortingAsked.model_json_schema(),
                "example": {"classes": ["cat", "dog", "car"]},
            }
        },
    },
}
GET: dict[str, Any] = {
    "parameters": [{"name": "job_id", "in": "path", "required": True, "schema": {"type": "integer"}}, *KEY]
}
