"""What tests of the platform say often: paths below the root, uploads, versions, and waiting for tasks."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ALIAS = "imagenet-inception-v3"
TASK_SECONDS = 60.0
COLOURS = ("red", "green", "blue")
Wire = dict[str, Any]


def preprocessing(size: str = "8x8", tensor: str = "image", **image: Any) -> Wire:
    """Pictures squashed to a size, as numbers in 0..1."""
    wanted = {
        "dimension_order": "NCHW",
        "target_size": size,
        "resize_type": "SQUASH",
        "color_channels": "RGB",
        "pixel_scaling": 1.0,
        "data_type": "FLOAT32",
        **image,
    }
    return {"inputs": [{"tensor_name": tensor, "image": wanted}], "batched_output": True}


def outputs(
    names: tuple[str, ...] = COLOURS, *, roi: str = "NONE", exclusive: bool = True, first: int = 0
) -> list[Wire]:
    """One output with these labels; their ids count by tens."""
    labels = [{"id": first + 10 * place, "name": name} for place, name in enumerate(names)]
    return [{"labels": {"roi": roi, "exclusive": exclusive, "labels": labels}}]


CLASSIFICATION: list[Wire] = [{"classification": {"output_tensor": "shares"}}]


@dataclass(frozen=True, slots=True)
class Door:
    """Requests below `/v0.7`."""

    http: httpx.Client

    def get(self, path: str) -> httpx.Response:
        """GET."""
        return self.http.get(f"/v0.7{path}")

    def post(self, path: str, body: Any) -> httpx.Response:
        """POST of JSON."""
        return self.http.post(f"/v0.7{path}", json=body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        """PATCH of JSON."""
        return self.http.patch(f"/v0.7{path}", json=body)

    def delete(self, path: str) -> httpx.Response:
        """DELETE."""
        return self.http.delete(f"/v0.7{path}")

    def form(self, path: str, fields: Wire, **files: bytes) -> httpx.Response:
        """POST of a form; names of files have `__` for a dot."""
        named = {name.replace("__", "."): content for name, content in files.items()}
        return self.http.post(f"/v0.7{path}", data=fields, files=named)

    def upload(self, *files: Path, framework: str = "onnx", described: Wire | None = None) -> Wire:
        """A network of these files."""
        fields = {"name": "test", "framework": framework, "preprocessing": json.dumps(described or preprocessing())}
        parts = [(file.name, (file.name, file.read_bytes())) for file in files]
        return made(self.http.post("/v0.7/networks/", data=fields, files=parts))

    def spec(self, wanted: list[Wire] | None = None) -> Wire:
        """A specification; without outputs, of the three colours."""
        return made(self.post("/recognition/specs/", {"name": "colours", "outputs": wanted or outputs()}))

    def version(self, network: Wire, spec: Wire, entries: list[Wire] | None = None) -> Wire:
        """A version; without post-processings, a classification."""
        body = {"network_id": network["id"], "spec_id": spec["id"], "post_processings": entries or CLASSIFICATION}
        return made(self.post("/recognition/versions/", body))

    def ended(self, task_id: str) -> Wire:
        """A task, once it is no longer pending."""
        until = time.monotonic() + TASK_SECONDS
        while time.monotonic() < until:
            task: Wire = self.get(f"/tasks/{task_id}/").raise_for_status().json()
            if task["status"] != "pending":
                return task
        raise TimeoutError(task_id)

    def ask(self, path: str, picture: bytes, **options: Any) -> Wire:
        """The task of an inference on a picture that was sent as bytes; it has ended."""
        return self.ended(
            made(self.form(f"{path}/inference", options, **{"inputs[0]image__source": picture}))["task_id"]
        )

    def labels(self, path: str, picture: bytes, **options: Any) -> Wire:
        """What an inference predicts and discards."""
        task = self.ask(path, picture, **options)
        assert task["error"] is None, task["error"]
        found: Wire = task["data"]["outputs"][0]["labels"]
        return found


def made(response: httpx.Response) -> Wire:
    """The body of a request that succeeded."""
    assert response.status_code == 201, response.text
    body: Wire = response.json()
    return body


def names(found: list[Wire]) -> list[str]:
    """The labels of predictions."""
    return [one["label_name"] for one in found]
