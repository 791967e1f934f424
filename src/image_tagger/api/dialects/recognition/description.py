"""What the API pages say about the requests of this dialect."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from image_tagger.models.platform.frameworks import FRAMEWORKS


class Failure(BaseModel):
    """The shape of every error."""

    error: str = Field(examples=["inputs: this list may not be empty"])


class Started(BaseModel):
    """The task that does the inference."""

    task_id: str = Field(examples=["9002"])


class Resource(BaseModel):
    """Whatever is registered; it has an id."""

    model_config = ConfigDict(extra="allow")

    id: int | str


class Listed(BaseModel):
    """One page of a list."""

    count: int = Field(description="How many there are in all.")
    next: str | None = Field(description="Address of the next page.")
    previous: str | None = Field(description="Address of the page before; also as `prev`.")
    results: list[dict[str, Any]]


class Task(BaseModel):
    """What became of an upload or an inference."""

    id: str
    status: str = Field(description="`pending`, `success` or `error`.")
    error: str | None
    date_created: str
    date_updated: str
    subtasks: None
    data: dict[str, Any] | None = Field(description="The result, once the status is `success`.")


FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request makes no sense, or asks for what cannot be."},
    401: {"model": Failure, "description": "The server asks for API keys, and `X-API-KEY` has none of them."},
    403: {"model": Failure, "description": "The key is for inferences only."},
    404: {"model": Failure, "description": "There is nothing of this id."},
    410: {"model": Failure, "description": "What had this id was removed."},
    413: {"model": Failure, "description": "The body or a file is too large."},
    415: {"model": Failure, "description": "The body is neither JSON nor a form."},
    503: {"model": Failure, "description": "Too much is waiting; try again in a moment."},
}


def _path(name: str) -> dict[str, Any]:
    kind = "string" if name == "name" else "integer"
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def _account() -> dict[str, Any]:
    return {**_path("id"), "schema": {"type": "string", "enum": ["me"]}}


def _query(name: str, text: str, default: int | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "integer", "default": default}}


PAGE = [_query("offset", "Results left out at the beginning.", 0), _query("limit", "Most results, up to 1000.", 100)]
TASK_IDS = {
    "name": "task_ids",
    "in": "query",
    "description": "Tasks asked for, repeated; the latest ones where it is absent.",
    "schema": {"type": "array", "items": {"type": "integer"}},
}


TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean", "default": False}
ANYTHING: dict[str, Any] = {"type": "object"}
BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
NAMED = {"name": TEXT, "description": TEXT, "metadata": ANYTHING}
JSON, FORM = "application/json", "multipart/form-data"


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _body(
    properties: dict[str, Any], *required: str, types: tuple[str, ...] = (JSON, FORM), example: Any = None
) -> dict[str, Any]:
    schema = {"type": "object", "required": list(required), "properties": properties}
    if FORM in types:
        schema["description"] = "In a form, `inputs[0]image.source` is a path into the object."
    content: dict[str, Any] = {kind: {"schema": schema} for kind in types}
    if example is not None:
        content[JSON]["example"] = example
    return {"requestBody": {"required": True, "content": content}}


SOURCE = {"type": "string", "description": "A URL, `data:image/*;base64,` and base64, or in a form the bytes."}
UNIT = {"type": "number", "minimum": 0, "maximum": 1}
BOX = {"type": "object", "properties": dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), UNIT)}
POINT = {"type": "object", "properties": {"x": UNIT, "y": UNIT}}
IMAGE = {"source": SOURCE, "bbox": BOX, "polygon": _list(POINT), "crop_uniform_background": FLAG}
VIDEO = {"source": SOURCE, "process_fps": {"type": "number", "default": 1}, "process_frames": {"type": "integer"}}
INPUT = {
    "type": "object",
    "properties": {"image": {"type": "object", "properties": IMAGE}, "video": {"type": "object", "properties": VIDEO}},
}
TOP = {"type": "integer", "default": 100, "description": "Most predictions, discarded ones included."}
PHOTO = {"inputs": [{"image": {"source": "https://example.org/photo.jpg"}}]}
ASKED = _body(
    {"inputs": _list(INPUT), "show_discarded": FLAG, "max_predictions": TOP},
    "inputs",
    example=PHOTO | {"show_discarded": True, "max_predictions": 3},
)
ASKED_RAW = _body(
    {"inputs": _list(INPUT), "output_tensors": _list(TEXT)},
    *("inputs", "output_tensors"),
    example=PHOTO | {"output_tensors": ["scores"]},
)
FRAMEWORK = {"type": "string", "enum": list(FRAMEWORKS)}
UPLOAD = _body(
    {**NAMED, "framework": FRAMEWORK, "preprocessing": ANYTHING, "<name of a file>": BINARY},
    *("name", "framework", "preprocessing"),
    types=(FORM,),
)
LABELS = [{"id": 0, "name": "red"}, {"id": 1, "name": "green"}]
SPEC = _body(
    {**NAMED, "outputs": _list(ANYTHING)},
    *("name", "outputs"),
    example={"name": "colours", "outputs": [{"labels": {"roi": "NONE", "exclusive": True, "labels": LABELS}}]},
)
VERSION = _body(
    {"spec_id": WHOLE, "network_id": WHOLE, "post_processings": _list(ANYTHING)},
    *("spec_id", "network_id", "post_processings"),
    example={"spec_id": 1, "network_id": 1, "post_processings": [{"classification": {"output_tensor": "scores"}}]},
)


def _described(summary: str, answer: Any = None, *, status: int = 200, **extra: Any) -> dict[str, Any]:
    answers = {status: {"model": answer, "description": "Done."} if answer else {"description": "Done."}}
    return {
        "summary": summary,
        "status_code": status,
        "responses": {**answers, **FAILURES},
        "openapi_extra": extra,
    }


def _resource(path: str, kind: str, changes: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    one: dict[str, Any] = {"parameters": [_path("id")]}
    return {
        ("GET", path): _described(f"One {kind}", Resource, **one),
        ("PATCH", path): _described(f"Change a {kind}", Resource, **one, **_body(changes)),
        ("PUT", path): _described(f"Change a {kind}; the same as PATCH", Resource, **one, **_body(changes)),
        ("DELETE", path): _described(f"Remove a {kind}", status=204, **one),
    }


def _public(path: str, kind: str, asked: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    one: dict[str, Any] = {"parameters": [_path("name")]}
    return {
        ("GET", path): _described(f"All public {kind}s", Listed, parameters=PAGE),
        ("GET", f"{path}/{{name:path}}"): _described(f"One public {kind}", Resource, **one),
        ("POST", f"{path}/{{name:path}}/inference"): _described(
            f"Ask a public {kind}", Started, status=201, **one, **asked
        ),
    }


def _asking(path: str, kind: str, asked: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    one: dict[str, Any] = {"parameters": [_path("id")]}
    return {("POST", path): _described(f"Ask a {kind}", Started, status=201, **one, **asked)}


def _collection(path: str, kind: str, body: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("GET", path): _described(f"All {kind}s", Listed, parameters=PAGE),
        ("POST", path): _described(f"Add a {kind}", Resource, status=201, **body),
    }


SPECS, VERSIONS = "/recognition/specs", "/recognition/versions"
DESCRIBED: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/accounts/{id}"): _described("The account of the key: `me`", Resource, parameters=[_account()]),
    ("GET", "/tasks"): _described("Several tasks", Listed, parameters=[TASK_IDS, *PAGE]),
    ("GET", "/tasks/{id}"): _described("One task", Task, parameters=[_path("id")]),
    **_collection("/networks", "network", UPLOAD),
    **_public("/networks/public", "network", ASKED_RAW),
    **_resource("/networks/{id}", "network", NAMED),
    **_asking("/networks/{id}/inference", "network", ASKED_RAW),
    **_public("/recognition/public", "specification", ASKED),
    **_collection(SPECS, "specification", SPEC),
    **_resource(f"{SPECS}/{{id}}", "specification", {**NAMED, "current_version_id": WHOLE}),
    **_asking(f"{SPECS}/{{id}}/inference", "specification", ASKED),
    ("GET", f"{SPECS}/{{id}}/versions"): _described(
        "The versions of a specification", Listed, parameters=[_path("id"), *PAGE]
    ),
    **_collection(VERSIONS, "version", VERSION),
    ("GET", f"{VERSIONS}/{{id}}"): _described("One version", Resource, parameters=[_path("id")]),
    ("DELETE", f"{VERSIONS}/{{id}}"): _described("Remove a version", status=204, parameters=[_path("id")]),
    **_asking(f"{VERSIONS}/{{id}}/inference", "version", ASKED),
}
