"""What a request asks: the file, and the policy with what the query string changes in it."""

from collections.abc import Mapping
from dataclasses import replace

from image_tagger.api.uploads import Form
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Sampling
from image_tagger.domain.policy import BUILT_IN, Policy, read_policy
from image_tagger.domain.queries import Upload
from image_tagger.domain.sampling import read_every, read_frames
from image_tagger.engine.moderation import read_policy_file
from image_tagger.settings import PREFIX, Settings


def default_policy(settings: Settings) -> Policy:
    """The policy of requests that bring none. Raises InvalidRequest."""
    if settings.moderation_policy is None:
        return BUILT_IN
    try:
        return read_policy_file(settings.moderation_policy)
    except InvalidRequest as error:
        raise InvalidRequest(f"wrong settings: {PREFIX}MODERATION_POLICY: {error}") from error


def media_of(form: Form) -> Upload:
    """The one part named `file`. Raises InvalidRequest."""
    files = form.uploads("file")
    if len(files) != 1:
        raise InvalidRequest(f"the form needs one part named file, not {len(files)}")
    return files[0]


async def policy_of(form: Form, query: Mapping[str, str], default: Policy) -> Policy:
    """The policy that is sent, else the default, its model and frames as the query says. Raises InvalidRequest."""
    text = await form.text("policy") or ""
    policy = read_policy(text) if text.strip() else default
    return replace(policy, model=query.get("model") or policy.model, sampling=_sampling(query) or policy.sampling)


def _sampling(query: Mapping[str, str]) -> Sampling | None:
    every, frames = query.get("every"), query.get("frames")
    if every and frames:
        raise InvalidRequest("choose one of every and frames")
    return read_every(every) if every else read_frames(frames) if frames else None
