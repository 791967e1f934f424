"""What the API pages say about `/process`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from image_tagger.api.dialects.process.documents import FILMS, MOST_DOCUMENTS, PICTURES


class Source(BaseModel):
    """The file of a document."""

    model_config = ConfigDict(extra="allow")

    content: str = Field(description="Base64 of the whole file.")
    file_type: str = Field(description=f"Extension without a dot: {', '.join(sorted(PICTURES | FILMS))}.")
    file_name: str | None = None


class Document(BaseModel):
    """One document; every field that is not named here comes back unchanged."""

    model_config = ConfigDict(extra="allow")

    id: str | int | None = Field(None, description="Names the document in the list of those not treated.")
    source: Source


class Request(BaseModel):
    """A batch."""

    documents: list[Document] = Field(max_length=MOST_DOCUMENTS)
    num_labels: int | str | None = Field(None, description="Labels per picture; 5 unless given.")


class Status(BaseModel):
    """200 and `Success`, or an error's status and `Error`."""

    code: int
    message: str


class Envelope(BaseModel):
    """The answer, also to a request that failed as a whole."""

    status: Status
    data: list[dict[str, Any]] | None = Field(
        description="The treated documents in order; `source.content` is a list of `{label, probability}`."
    )
    error: str
    number_documents_treated: int
    number_documents_non_treated: int
    list_id_not_treated: list[dict[str, str]] = Field(description="One `{id: reason}` for each document not treated.")
    memory_used: str
    ram_used: str


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Envelope},
    413: {"model": Envelope, "description": "The body is too large, or has too many documents."},
    500: {"model": Envelope, "description": "The body is no batch; `error` says why."},
    503: {"model": Envelope, "description": "Too much is waiting; try again later."},
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "JSON; the Content-Type is not looked at.",
        "content": {"application/json": {"schema": Request.model_json_schema()}},
    }
}
