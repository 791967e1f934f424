"""What `image-tagger moderate` does: every file before the judge, its verdict to standard output."""

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from image_tagger.cli.looking import Looked, Moving, each_looked_at, roomy
from image_tagger.cli.output import standard_output, visible
from image_tagger.cli.pictures import Picture, find_pictures
from image_tagger.cli.progress import Progress
from image_tagger.cli.verdict_report import VerdictReport
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.frames import MediaInfo, Sampling
from image_tagger.domain.policy import BUILT_IN, Action, Policy
from image_tagger.domain.queries import Media
from image_tagger.domain.verdicts import Verdict
from image_tagger.engine.moderation import read_policy_file
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say; the empty ones leave it to the settings and the policy."""

    policy: Path | None
    model: str = ""
    sampling: Sampling | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Files by what came of them, the allowed ones left out."""

    blocked: int
    to_review: int
    failed: int


def judge_all(what: list[str], asked: Asked, *, recursive: bool, as_json: bool) -> Counts:
    """Judge everything that was named.

    Raises UnknownModel, ModelUnavailable, and InvalidRequest for a wrong policy or setting and where nothing was found.
    """
    settings = roomy(read_settings())
    services = wire(settings)
    file = asked.policy or settings.moderation_policy
    policy = read_policy_file(file) if file else BUILT_IN
    policy = replace(policy, model=asked.model or policy.model, sampling=asked.sampling or policy.sampling)
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    return asyncio.run(_judge(services, pictures, policy, as_json=as_json))


async def _judge(services: Services, pictures: list[Picture], policy: Policy, *, as_json: bool) -> Counts:
    async def still(media: Media, info: MediaInfo) -> Verdict:
        return await services.moderator.verdict(media, info, policy)

    counts = Counter[Action | None]()
    async with services, aclosing(each_looked_at(services, pictures, still)) as each:
        await services.moderator.check(policy)  # what is wrong with it is one error, not one per file
        with VerdictReport(standard_output(), json=as_json) as report, Progress(len(pictures)) as progress:
            async for looked in each:
                result = await _result(services, looked, policy, progress)
                counts[result.action if isinstance(result, Verdict) else None] += 1
                if isinstance(result, TaggerError):
                    progress.say(f"image-tagger: {visible(looked.picture.name)}: {result}")
                report.add(looked.picture.name, result)
                progress.advance()
    return Counts(counts[Action.BLOCK], counts[Action.REVIEW], counts[None])


async def _result(
    services: Services, looked: Looked[Verdict], policy: Policy, progress: Progress
) -> Verdict | TaggerError:
    if not isinstance(looked.result, Moving):
        return looked.result
    film = looked.result
    with progress.film(looked.picture.name, film.info.seconds) as watch:
        try:
            return await services.moderator.verdict(film.media, film.info, policy, watch)
        except TaggerError as error:
            return error
