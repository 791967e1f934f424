"""Asynchronous inferences through the client of the v0.7 protocol, against direct ones, one after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from deepomatic.api.client import Client
from deepomatic.api.inputs import ImageInput

from benchmarks import pictures, serving
from benchmarks.figure import Details, Figure, NotMeasured, Row, Setup, Spread
from benchmarks.workers import worker

LIMIT = 2.0
AT_ONCE = 20
MODEL = "starter"
TASKS, ONE_BY_ONE, DIRECT = "20 tasks, then waited for together", "20 inferences, each waited for", "20 direct requests"
MILLI = 1000
WARM_UP = 3  # rounds


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of twenty inferences in each way, measured one right after the other."""

    seconds: dict[str, float]

    def over_direct(self, name: str) -> float:
        """How many times as long as the direct ones."""
        return self.seconds[name] / self.seconds[DIRECT]


def measure(setup: Setup) -> Figure:
    """The client runs in a process of its own; the median of the rounds counts."""
    contents = [pictures.small_jpeg(photo) for photo in pictures.photos(setup.data, AT_ONCE)]
    contents = (contents * AT_ONCE)[:AT_ONCE]
    with serving.server(moderation_model=MODEL) as server, worker() as client:
        rounds = client.submit(_rounds, server.port, contents, setup.repeats(full=20, quick=4)).result()
    shown = Spread.of([one.over_direct(TASKS) for one in rounds])
    note = f"the same pictures by POST to /api/image-classification; {len(rounds)} rounds"
    row = Row("20 tasks / 20 direct requests", shown.shown(), f"{LIMIT}", shown.median <= LIMIT, note)
    each = Spread.of([one.over_direct(ONE_BY_ONE) for one in rounds])
    return Figure((row, Row("20 inferences, each waited for / 20 direct", each.shown())), (_times(rounds),))


def _rounds(port: int, contents: list[bytes], count: int) -> list[Round]:
    address = f"http://{serving.LOOPBACK}:{port}"
    client, session = Client(host=address, api_key="any"), requests.Session()
    ways: dict[str, Callable[[], None]] = {
        TASKS: lambda: _tasks(client, contents),
        ONE_BY_ONE: lambda: _one_by_one(client, contents),
        DIRECT: lambda: _direct(session, address, contents),
    }
    rounds = [Round({name: _timed(way) for name, way in ways.items()}) for _ in range(count + WARM_UP)]
    return rounds[WARM_UP:]


def _timed(way: Callable[[], None]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def _tasks(client: Client, contents: list[bytes]) -> None:
    spec = client.RecognitionSpec.retrieve(MODEL)
    inputs = [[ImageInput(content, encoding="binary")] for content in contents]
    tasks = [spec.inference(inputs=one, return_task=True, wait_task=False) for one in inputs]
    _, succeeded, _ = client.Task.batch_wait(tasks=tasks, timeout=60)
    if len(succeeded) < len(contents):
        raise NotMeasured("a task did not succeed")


def _one_by_one(client: Client, contents: list[bytes]) -> None:
    spec = client.RecognitionSpec.retrieve(MODEL)
    for content in contents:
        spec.inference(inputs=[ImageInput(content, encoding="binary")])


def _direct(session: requests.Session, address: str, contents: list[bytes]) -> None:
    for content in contents:
        answer = session.post(f"{address}/api/image-classification", files={"file": content})
        if answer.status_code != 200:
            raise NotMeasured(f"a direct request was answered with {answer.status_code}")


def _times(rounds: list[Round]) -> Details:
    rows = tuple(
        (name, Spread.of([one.seconds[name] * MILLI for one in rounds]).shown(" ms", 0))
        for name in (TASKS, ONE_BY_ONE, DIRECT)
    )
    return Details("Pictures of 400 x 500, sent by one client", ("", "median (range)"), rows)
