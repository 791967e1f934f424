"""Query strings and forms of the moderation requests; what is wrong with them in the words of pydantic 2."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from image_tagger.api.uploads import Form
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import EVERY_FRAME, EveryNth, MediaInfo, MediaKind, Sampling
from image_tagger.domain.matching import Wanted
from image_tagger.domain.queries import Upload
from image_tagger.settings import Settings

PERCENTAGE = 5  # of the frames, skipped in fast mode
REPEATED = frozenset({"labels", "model_names"})
MOST_MODELS = 32  # of one request: every file is looked at with each of them


class Named(BaseModel):
    """The query string of the simple requests; names that it does not know do not count."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str = ""


class Searching(Named):
    """The query string of the query requests of both generations."""

    model_names: Annotated[list[str], Field(max_length=MOST_MODELS)] = []
    labels: list[str] = ["nsfw"]
    score: float = 0.0
    return_on_first_matching_label: bool = False
    fast_mode: bool = False
    skip_frames: int | None = None
    skip_frames_percentage: int | None = None


P = TypeVar("P", bound=Named)


class ValidationFailed(InvalidRequest):
    """Parameters or parts are missing or unreadable; `violations` goes into the answer."""

    def __init__(self, violations: list[dict[str, Any]]) -> None:
        super().__init__("the request has wrong parameters or lacks a part")
        self.violations = violations


@dataclass(frozen=True, slots=True)
class Skipping:
    """Fast mode: every n-th frame, n as a share of all frames in percent or, where that is absent, as it is given."""

    percentage: int | None
    frames: int | None

    def sampling(self, info: MediaInfo) -> Sampling:
        """Frames 0, n, 2n of an animation; the n-th, the 2n-th of a video; all where nobody counted them."""
        n = max(1, self._step(info.frames or 0))
        return EveryNth(n, first=n - 1 if info.kind is MediaKind.VIDEO else 0)

    def _step(self, count: int) -> int:
        if self.percentage is None and self.frames is not None:
            return self.frames
        percentage = PERCENTAGE if self.percentage is None else self.percentage
        return count * percentage // 100


@dataclass(frozen=True, slots=True)
class Question:
    """What a query request asks, of each of its models. nested: the answer is grouped by model."""

    models: tuple[str, ...]
    nested: bool
    wanted: Wanted
    skipping: Skipping | None

    def sampling(self, info: MediaInfo) -> Sampling:
        """Which frames of a file are looked at."""
        return self.skipping.sampling(info) if self.skipping else EVERY_FRAME


def read(query: QueryParams, form: Form, part: str, parameters: type[P]) -> tuple[P, tuple[Upload, ...]]:
    """The parameters and the files of a request. Raises ValidationFailed with everything that is wrong."""
    values = {name: query.getlist(name) if name in REPEATED else query[name] for name in query}
    files = form.uploads(part)
    violations = [] if files else [{"type": "missing", "loc": ["body", part], "msg": "Field required", "input": None}]
    try:
        given = parameters.model_validate(values)
    except ValidationError as error:
        found = [{**one, "loc": ["query", *one["loc"][:1]]} for one in error.errors(include_url=False)]
        raise ValidationFailed(found + violations) from error
    if violations:
        raise ValidationFailed(violations)
    return given, files


def question(given: Searching, settings: Settings, *, of_video: bool = False) -> Question:
    """What these parameters ask, the operator's defaults filled in."""
    names = given.model_names or [given.model_name]
    nested = bool(given.model_names) or (settings.moderation_nested and "model_name" not in given.model_fields_set)
    least = given.score
    if not least and not (of_video and not nested and "score" in given.model_fields_set):
        least = settings.moderation_score  # 0 counts as absent, but for the older generation's videos
    return Question(
        models=tuple(name or settings.moderation_model for name in names),
        nested=nested,
        wanted=Wanted(tuple(given.labels), least, stop_at_first=given.return_on_first_matching_label),
        skipping=Skipping(given.skip_frames_percentage, given.skip_frames) if given.fast_mode else None,
    )
