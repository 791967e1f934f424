"""Tasks: an inference by a model of the server's or of one's own, and waiting for its end."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from image_tagger.client.pictures import media_of, part_of
from image_tagger.client.talking import Answer, Ask, Part, Pause, Talk, understood
from image_tagger.domain.errors import InvalidRequest, ServerUnavailable, TaskFailed, UnknownModel
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Url

if TYPE_CHECKING:
    from image_tagger.client.pictures import Picture

ROOT = "/v0.7"
OWN = {"version": "versions", "specification": "specs"}  # prefixes of a model's name, and where they are
MOST = 100_000  # predictions of one answer
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds between two looks at a task


@dataclass(frozen=True, slots=True)
class Wanted:
    """The best `top` (None: all) of the predictions that reach `min_confidence`; None: the model's own thresholds."""

    top: int | None = None
    min_confidence: float | None = None

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise InvalidRequest("top must be at least 1")
        if not 0 <= self.least <= 1:
            raise InvalidRequest("min_confidence must be in 0..1")

    @property
    def least(self) -> float:
        """The least score as a number."""
        return self.min_confidence or 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """An inference that the server works on. It survives restarts of the server and of the client."""

    id: str
    wanted: Wanted = Wanted()


def infer(picture: "Picture", wanted: Wanted, model: str, seconds: float) -> Talk[tuple[Prediction, ...]]:
    """Ask and wait."""
    task = yield from submit(picture, wanted, model)
    return (yield from wait(task, seconds))


def detect(picture: "Picture", wanted: Wanted, model: str, seconds: float) -> Talk[tuple[Prediction, ...]]:
    """Ask and wait; all predictions have regions. Raises InvalidRequest where the model says nothing about where."""
    found = yield from infer(picture, wanted, model, seconds)
    if any(one.region is None for one in found):
        raise InvalidRequest("this model says what is in a picture, not where")
    return found


def submit(picture: "Picture", wanted: Wanted, model: str) -> Talk[Task]:
    """Ask only. Raises UnknownModel."""
    media = media_of(picture)
    options = {"show_discarded": wanted.min_confidence is not None, "max_predictions": wanted.top or MOST}
    path, known = f"{ROOT}{_place(model)}/inference", ((404, UnknownModel), (410, UnknownModel))
    if isinstance(media, Url):
        body = {**options, "inputs": [{"image": {"source": media.address}}]}
        answer = yield Ask("POST", path, body=body, meanings=known)
    else:
        parts = (*(Part(name, str(value)) for name, value in options.items()), part_of("inputs[0]image.source", media))
        answer = yield Ask("POST", path, parts=parts, meanings=known)
    return Task(understood(answer, lambda body: str(body["task_id"])), wanted)


def wait(task: Task, seconds: float) -> Talk[tuple[Prediction, ...]]:
    """What a task found. Raises what `ended` raises."""
    data = yield from ended(task.id, seconds)
    return understood(Answer(body=data), lambda body: _predictions(body, task.wanted))


def ended(task_id: str, seconds: float) -> Talk[Any]:
    """A task's data, once it has ended. Raises TaskFailed, ServerUnavailable when the seconds are over."""
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        answer = yield Ask("GET", f"{ROOT}/tasks/{quote(task_id, safe='')}/")
        status = understood(answer, lambda body: body["status"])
        if status == "error":
            raise TaskFailed(answer.body.get("error") or "the task has failed")
        if status != "pending":
            return answer.body.get("data")
        if time.monotonic() + pause > until:
            raise ServerUnavailable(f"the task has not ended within {seconds:g} seconds; it can be waited for again")
        yield Pause(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _place(model: str) -> str:
    kind, _, number = model.partition(":")
    if kind in OWN and number.isdigit():
        return f"/recognition/{OWN[kind]}/{number}"
    if not model:
        raise InvalidRequest("name the model, for example starter")
    return f"/recognition/public/{quote(model, safe='')}"


def _predictions(data: Any, wanted: Wanted) -> tuple[Prediction, ...]:
    found = [
        _prediction(one)
        for output in data["outputs"]
        for kind in ("predicted", "discarded")
        for one in output["labels"][kind]
    ]
    return tuple(sorted((one for one in found if one.score >= wanted.least), key=lambda one: -one.score))


def _prediction(found: Any) -> Prediction:
    box = (found.get("roi") or {}).get("bbox")
    region = Region(**{side: box[side] for side in ("xmin", "ymin", "xmax", "ymax")}) if box else None
    return Prediction(found["label_name"], float(found["score"]), region=region)
