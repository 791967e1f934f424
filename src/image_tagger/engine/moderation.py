"""A policy applied to a file: its frames through a model, one verdict out."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest, TruncatedMedia
from image_tagger.domain.frames import MediaInfo, MediaKind
from image_tagger.domain.policy import Policy, read_policy
from image_tagger.domain.queries import Media, Query
from image_tagger.domain.sampling import chosen_sampling, step_of
from image_tagger.domain.selection import Selection
from image_tagger.domain.verdicts import Judge, Verdict
from image_tagger.engine.recognizer import Recognizer
from image_tagger.models.resolve import Resolver

Watch = Callable[[float], None]  # is told the seconds of every frame that was looked at


def unwatched(_: float) -> None:
    """Nobody is told."""


class Moderator:
    """Judges files. Where a policy names no model, `model` is asked and never another one."""

    def __init__(self, resolver: Resolver, recognizer: Recognizer, model: str) -> None:
        self._resolver = resolver
        self._recognizer = recognizer
        self._model = model

    async def check(self, policy: Policy) -> None:
        """Raises InvalidRequest for a label that the model lacks, UnknownModel and ModelUnavailable."""
        await self._judge(policy, None)

    async def verdict(self, media: Media, info: MediaInfo, policy: Policy, watch: Watch = unwatched) -> Verdict:
        """The verdict on one file, of which `info` is what `Recognizer.describe` says.

        A file that cannot be read to its end is judged by what comes before. Raises what `check` raises and what
        `Recognizer.stream` raises at the first frame.
        """
        sampling = chosen_sampling(policy.sampling, info)
        judge = await self._judge(policy, step_of(sampling, info))
        selection = Selection(min_score=judge.needed_score)
        query = Query(media, policy.model or self._model, selection, sampling)
        try:
            stopped = await self._look(query, judge, watch)
        except TruncatedMedia as error:
            if not judge.frames:
                raise
            return judge.verdict(None, damage=str(error))
        return judge.verdict(info.seconds, stopped=stopped and info.kind is not MediaKind.STILL)

    async def _judge(self, policy: Policy, step: float | None) -> Judge:
        version = await self._resolver.version(policy.model or self._model)
        return Judge(policy, version.spec.labels.names, model=version.name, step=step)

    async def _look(self, query: Query, judge: Judge, watch: Watch) -> bool:
        """Show the frames to the judge; whether it stopped before their end."""
        async with aclosing(self._recognizer.stream(query)) as frames:
            async for frame in frames:
                judge.add(frame)
                watch(frame.seconds)
                if judge.may_stop:
                    return True
        return False


def read_policy_file(file: Path) -> Policy:
    """The policy of a file. Blocks. Raises InvalidRequest."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"the policy {file.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the policy {file.name} is no text in UTF-8") from error
    return read_policy(text)
