"""Asks again while the server is busy or not there yet; all other failures are errors in the product's words."""

import time
from typing import Any, TypeVar

from image_tagger.client.talking import Answer, Ask, Pause, Talk
from image_tagger.domain.errors import (
    InvalidRequest,
    ModelUnavailable,
    NotAllowed,
    Overloaded,
    RemovedResource,
    RequestTooLarge,
    ServerUnavailable,
    TaggerError,
    UnknownResource,
)

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds, where the server does not say how long
FAILED = 400  # and above
SERVER_FAILED = 500
BUSY = 503
STATUSES: dict[int, type[TaggerError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: UnknownResource,
    410: RemovedResource,
    413: RequestTooLarge,
    BUSY: ModelUnavailable,
}


class NotConnected(ServerUnavailable):
    """Nobody listens there, so nothing was sent."""


def patient(talk: Talk[T], seconds: float) -> Talk[T]:
    """The same talk, in which each request may be repeated for so many seconds; failures raise domain errors."""
    try:
        step = next(talk)
        while True:
            heard = (yield from _answered(step, seconds)) if isinstance(step, Ask) else (yield step)
            step = talk.send(heard)
    except StopIteration as end:
        value: T = end.value
        return value


def _answered(ask: Ask, seconds: float) -> Talk[Answer]:
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            answer = yield ask
        except NotConnected as error:
            failure: TaggerError = error
            wait: float | None = pause
        else:
            if answer.status < FAILED:
                return answer
            failure, wait = failure_of(answer, ask), answer.retry_after if answer.status == BUSY else None
        if wait is None or time.monotonic() + wait > until:
            raise failure
        yield Pause(wait)
        pause = min(2 * pause, LONGEST_PAUSE)


def failure_of(answer: Answer, ask: Ask) -> TaggerError:
    """The error that a status of 400 or more means."""
    text = _reason(answer.body) or f"the server answers with status {answer.status}"
    if answer.status == BUSY and answer.retry_after is not None:
        return Overloaded(text, retry_after=max(1, round(answer.retry_after)))
    other = InvalidRequest if answer.status < SERVER_FAILED else ServerUnavailable
    return {**STATUSES, **dict(ask.meanings)}.get(answer.status, other)(text)


def _reason(body: Any) -> str:
    """The sentence for people in an error of any of the dialects."""
    if isinstance(body, dict):
        return _reason(body.get("error") or body.get("detail") or body.get("msg"))
    if isinstance(body, list):
        return "; ".join(filter(None, map(_reason, body)))
    return body.rpartition("\n")[2] if isinstance(body, str) else ""
