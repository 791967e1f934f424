"""Answers an inference: a picture or some frames of a film through the models, and what they find as JSON."""

import math
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import numpy as np

from image_tagger.domain.errors import (
    InvalidMedia,
    InvalidModel,
    InvalidRequest,
    ModelUnavailable,
    UnknownModel,
    UnreachableMedia,
)
from image_tagger.domain.inference import (
    MOST_FOUND,
    Inference,
    Looking,
    RawInference,
    Stored,
    found_as_json,
    inference_from_json,
)
from image_tagger.domain.jobs import Item
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query, Upload
from image_tagger.domain.selection import Selection
from image_tagger.jobs.context import Context
from image_tagger.jobs.platform import Platform

MOST_NUMBERS = 5_000_000  # in the tensors of one inference, which its result must hold


async def run(item: Item, context: Context) -> dict[str, Any]:
    """`outputs`: for each model its predictions; or `tensors`.

    Raises what the engine raises, and UnknownResource where a network or version was removed.
    """
    asked, platform = inference_from_json(item.payload), context.services.platform
    media = _media(asked.looking, platform)
    try:
        if isinstance(asked, RawInference):
            return {"tensors": await _tensors(asked, media, platform)}
        return {"outputs": [await _found(asked, name, media, platform) for name in asked.models]}
    except UnreachableMedia as error:  # it may pass, but who waits for the task would rather know
        raise InvalidMedia(str(error)) from error
    except (InvalidModel, ModelUnavailable, UnknownModel):
        await platform.check_registered(asked)  # what is removed while it is loaded fails for any reason
        raise


def _media(looking: Looking, platform: Platform) -> Media:
    media = looking.media
    return Upload(platform.blobs.path(media.sha256)) if isinstance(media, Stored) else media


async def _found(asked: Inference, model: str, media: Media, platform: Platform) -> list[dict[str, Any]]:
    meaning = await platform.meaning(model)
    query = Query(media, model, Selection(asked.top), crop=asked.looking.crop)
    sampling = asked.looking.sampling
    if sampling is None:
        frames = [await platform.engine.recognizer.first(query)]
    else:
        frames = await _frames(replace(query, sampling=sampling), platform)
    return found_as_json(frames, meaning, asked)


async def _frames(query: Query, platform: Platform) -> list[FrameResult]:
    frames: list[FrameResult] = []
    most = MOST_FOUND  # of a model that finds one thing a frame; what it finds in all is counted later
    async with aclosing(platform.engine.recognizer.stream(query)) as results:
        async for frame in results:
            frames.append(frame)
            if len(frames) > most:
                raise InvalidRequest(f"the film has more than {most} frames at this rate; ask for fewer a second")
    return frames


async def _tensors(asked: RawInference, media: Media, platform: Platform) -> list[dict[str, Any]]:
    version = await platform.bare(asked.network, asked.tensors)
    outputs = await platform.engine.raw.of(version, media, asked.looking.crop)
    if sum(math.prod(output.shape) for output in outputs) > MOST_NUMBERS:
        raise InvalidRequest(f"these tensors have more than {MOST_NUMBERS} numbers")
    return [_tensor(name, output) for name, output in zip(asked.tensors, outputs, strict=True)]


def _tensor(name: str, output: Any) -> dict[str, Any]:
    """One picture's tensor, with a batch of one, in row-major order. Raises InvalidModel for what JSON cannot say."""
    values = np.asarray(output)
    if not np.isfinite(values).all():
        raise InvalidModel(f"the tensor {name!r} has values that are no numbers")
    return {"name": name, "shape": [1, *values.shape], "data": values.ravel().tolist()}
