"""The five requests, and a plain reference for what the query requests answer."""

from collections.abc import Iterable, Sequence
from typing import Any

import httpx

IMAGE = "/api/image-classification"
IMAGES = "/api/multi-image-classification"
IMAGE_QUERY = "/api/image-query-classification"
IMAGES_QUERY = "/api/multi-image-query-classification"
VIDEO = "/api/video-classification"
SIMPLE, QUERIES, SEVERAL = (IMAGE, IMAGES), (IMAGE_QUERY, IMAGES_QUERY, VIDEO), (IMAGES, IMAGES_QUERY)
ALL = (IMAGE, IMAGES, IMAGE_QUERY, IMAGES_QUERY, VIDEO)
TINY = 1e-30
NO_IMAGE = "The uploaded file is not a valid image."

Json = Any
Scores = dict[str, float]
Asked = dict[str, Any]


def part_of(path: str) -> str:
    """The name of the part that holds files."""
    return "files" if path in SEVERAL else "file"


def post(client: httpx.Client, path: str, *files: bytes, **asked: Any) -> httpx.Response:
    """One request with these files and parameters; a list repeats its parameter."""
    parts = [(part_of(path), ("example", content)) for content in files]
    return client.post(path, files=parts, params=asked)


def ask(client: httpx.Client, path: str, *files: bytes, **asked: Any) -> Json:
    """The answer to a request that must succeed."""
    answer = post(client, path, *files, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scores(client: httpx.Client, content: bytes, **asked: Any) -> Scores:
    """What image-classification says of a still."""
    return {one["label"]: one["score"] for one in ask(client, IMAGE, content, **asked)}


def frame_scores(client: httpx.Client, content: bytes, **asked: Any) -> list[Scores]:
    """What image-classification says of each frame of a GIF."""
    return [{one["label"]: one["score"] for one in frame} for frame in ask(client, IMAGE, content, **asked)]


def expected(frames: Sequence[Scores], asked: Asked, *, looked_at: Iterable[int] | None = None) -> Json:
    """The flat answer for a GIF by the rules of the sheet, worked out in the plainest way."""
    answer: list[Json] = []
    for number in range(len(frames)) if looked_at is None else looked_at:
        reported = {entry["label"] for entry in answer}
        new = [
            {"frame": number, "label": label, "score": frames[number][label]}
            for label in asked["labels"]
            if label not in reported and frames[number].get(label, 0.0) >= asked["score"]
        ]
        answer += new
        if new and asked.get("return_on_first_matching_label"):
            break
    return answer
