"""Tasks: an inference by a model of the server's or of one's own, and waiting for its end."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from image_tagger.client.finding import Wanted, predictions_of
from image_tagger.client.pictures import film_suffix, media_of, part_of
from image_tagger.client.talking import Answer, Ask, Part, Pause, Talk, understood
from image_tagger.domain.errors import InvalidRequest, ServerUnavailable, TaskFailed, UnknownModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Upload, Url

if TYPE_CHECKING:
    from image_tagger.client.pictures import Picture

ROOT = "/v0.7"
OWN = {"version": "versions", "specification": "specs"}  # prefixes of a model's name, and where they are
MOST = 100_000  # predictions of one answer
FRAMES = 16  # of a film, as many as `/process` looks at
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds between two looks at a task


@dataclass(frozen=True, slots=True)
class Task:
    """An inference that the server works on. It survives restarts of the server and of the client."""

    id: str
    wanted: Wanted = field(default_factory=Wanted)


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
    path, known = f"{ROOT}{_place(model)}/inference", ((404, UnknownModel), (410, UnknownModel))
    if isinstance(media, Url):
        body = {**_options(wanted), "inputs": [{"image": {"source": media.address}}]}
        answer = yield Ask("POST", path, body=body, meanings=known)
    else:
        parts = _film(media) if film_suffix(media) else _picture(media, wanted)
        answer = yield Ask("POST", path, parts=parts, meanings=known)
    return Task(understood(answer, lambda body: str(body["task_id"])), wanted)


def wait(task: Task, seconds: float) -> Talk[tuple[Prediction, ...]]:
    """What a task found. Raises what `ended` raises."""
    data = yield from ended(task.id, seconds)
    return understood(Answer(body=data), lambda body: predictions_of(body, task.wanted))


def ended(task_id: str, seconds: float) -> Talk[Any]:
    """A task's data, once it has ended. Raises TaskFailed, ServerUnavailable when the seconds are over."""
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        answer = yield Ask("GET", f"{ROOT}/tasks/{quote(task_id, safe='', errors='replace')}/")
        status = understood(answer, lambda body: body["status"])
        if status == "error":
            raise TaskFailed(answer.body.get("error") or "the task has failed")
        if status != "pending":
            return answer.body.get("data")
        if time.monotonic() + pause > until:
            raise ServerUnavailable(f"the task has not ended within {seconds:g} seconds; it can be waited for again")
        yield Pause(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _options(wanted: Wanted) -> dict[str, Any]:
    return {"show_discarded": wanted.min_confidence is not None, "max_predictions": wanted.top or MOST}


def _picture(media: Upload, wanted: Wanted) -> tuple[Part, ...]:
    texts = tuple(Part(name, str(value)) for name, value in _options(wanted).items())
    return (*texts, part_of("inputs[0]image.source", media))


def _film(media: Upload) -> tuple[Part, ...]:
    """All that is found in the frames, since the best of their mean may be among the best of none."""
    texts = {"show_discarded": True, "max_predictions": MOST // FRAMES, "inputs[0]video.process_frames": FRAMES}
    return (*(Part(name, str(value)) for name, value in texts.items()), part_of("inputs[0]video.source", media))


def _place(model: str) -> str:
    kind, _, number = model.partition(":")
    if kind in OWN and number.isdigit():
        return f"/recognition/{OWN[kind]}/{number}"
    if not model:
        raise InvalidRequest("name the model, for example starter")
    return f"/recognition/public/{quote(model, safe='', errors='replace')}"
