"""`/tasks`: what became of uploads and inferences."""

from fastapi import Request, Response

from image_tagger.api.dialects.recognition import answers, pagination
from image_tagger.api.dialects.recognition.requests import answer, number_of
from image_tagger.domain.errors import InvalidRequest
from image_tagger.services import Services

KIND = "task"
MOST_IDS = 10_000
WAIT_SECONDS = 0.05  # an answer may wait so long for a task that is about to end, which saves the client a round


class Tasks:
    """One method for each request."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def retrieve(self, request: Request) -> Response:
        """Answer one task."""
        return answer(answers.task(await self._services.platform.task(number_of(request, KIND), WAIT_SECONDS)))

    async def index(self, request: Request) -> Response:
        """Answer the tasks of the ids in the query, in their order; without any, the latest tasks."""
        page, numbers = pagination.asked(request), _numbers(request)
        if numbers is None:
            listing = await self._services.platform.latest_tasks(page)
        else:
            found = await self._services.platform.tasks(numbers, WAIT_SECONDS)
            listing = pagination.page_of(found, page)
        return answer(pagination.answer(request, listing, page, answers.task))


def _numbers(request: Request) -> tuple[int, ...] | None:
    """The ids, each once; what is no id names no task. None where the query has none."""
    texts = [text for given in request.query_params.getlist("task_ids") for text in given.split(",")]
    if "task_ids" not in request.query_params:
        return None
    if len(texts) > MOST_IDS:
        raise InvalidRequest(f"task_ids: at most {MOST_IDS} tasks can be asked for at a time")
    known = (text for text in texts if text.isascii() and text.isdecimal() and len(text) <= 18)
    return tuple(dict.fromkeys(map(int, known)))
