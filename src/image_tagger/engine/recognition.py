"""One turn of a thread: decode and prepare one by one, run together, read one by one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.crops import Crop
from image_tagger.domain.geometry import Size
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.engine.frames import Held, decode_first
from image_tagger.media.cropping import cut
from image_tagger.media.decode import Decoder
from image_tagger.media.image import Image
from image_tagger.models.loaded import LoadedModel, Outputs, Prepared
from image_tagger.models.preprocessing.preparing import needed_pixels

P = ParamSpec("P")
T = TypeVar("T")
Predictions = tuple[Prediction, ...]

CLOSE = 0.02  # docs/formats.md: a lead that decoding at a reduced scale may turn round
BEST_TWO = Selection(top=2)
EXCLUSIVE = "classification"  # the postprocessing whose predictions have a first one


@dataclass(frozen=True, slots=True)
class Request:
    """One picture, decoded already or to be decoded here; which predictions are wanted, and of which part of it.

    exact: whether it is decoded at its full size from the beginning.
    """

    source: Image | Held
    selection: Selection
    crop: Crop | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the network gives for one picture, and whether a finer decoding could change it."""

    prepared: Prepared
    outputs: Outputs
    reduced: bool


def recognise(
    model: LoadedModel, decoder: Decoder, batch: int, requests: Sequence[Request]
) -> list[Predictions | Exception]:
    """The predictions of every request, in order, or the exception that is its answer. Blocks.

    At most `batch` pictures go through the network in one run. A picture that was decoded at a reduced scale and whose
    two best labels are close is decoded once more, at its full size, so that its first label is the one of that.
    """
    found = _found(model, decoder, batch, requests)
    doubtful = [place for place, one in enumerate(found) if not isinstance(one, Exception) and _doubtful(model, one)]
    exactly = [replace(requests[place], exact=True) for place in doubtful]
    for place, again in zip(doubtful, _found(model, decoder, batch, exactly), strict=True):
        if not isinstance(again, Exception):
            found[place] = again
    return [_read(model, one, request.selection) for one, request in zip(found, requests, strict=True)]


def tensors_of(model: LoadedModel, decoder: Decoder, request: Request) -> Outputs:
    """What the network gives for one picture, unread. Blocks."""
    return _run_one(model, _prepared(model, _decoded(model, decoder, request), request.crop).tensor)


def _found(model: LoadedModel, decoder: Decoder, batch: int, requests: Sequence[Request]) -> list[_Found | Exception]:
    pictures = [_attempt(_picture, model, decoder, request) for request in requests]
    tensors = [one[0].tensor for one in pictures if not isinstance(one, Exception)]
    outputs = chain.from_iterable(
        _run(model, tensors[start : start + batch]) for start in range(0, len(tensors), batch)
    )
    return [one if isinstance(one, Exception) else _with(next(outputs), *one) for one in pictures]


def _with(outputs: Outputs | Exception, prepared: Prepared, reduced: bool) -> _Found | Exception:
    return outputs if isinstance(outputs, Exception) else _Found(prepared, outputs, reduced)


def _doubtful(model: LoadedModel, found: _Found) -> bool:
    if not found.reduced or model.version.spec.postprocessing != EXCLUSIVE:
        return False
    best = _attempt(model.read, found.outputs, found.prepared.placement, BEST_TWO)
    return not isinstance(best, Exception) and len(best) == 2 and best[0].score - best[1].score < CLOSE


def _attempt(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this caller's answer and nobody else's
        return error


def _read(model: LoadedModel, found: _Found | Exception, selection: Selection) -> Predictions | Exception:
    if isinstance(found, Exception):
        return found
    return _attempt(model.read, found.outputs, found.prepared.placement, selection)


def _picture(model: LoadedModel, decoder: Decoder, request: Request) -> tuple[Prepared, bool]:
    image = _decoded(model, decoder, request)
    reduced = not isinstance(request.source, Image) and image.size != image.original
    return _prepared(model, image, request.crop), reduced


def _decoded(model: LoadedModel, decoder: Decoder, request: Request) -> Image:
    if isinstance(request.source, Image):
        return request.source
    return decode_first(decoder, request.source, None if request.exact else _needed(model, request.crop))


def _prepared(model: LoadedModel, image: Image, crop: Crop | None) -> Prepared:
    if crop is None:
        return model.prepare(image.pixels, image.original)
    part = cut(image.pixels, crop)
    scale = max(round(image.original.short_side / image.size.short_side), 1)
    prepared = model.prepare(part.pixels, Size(part.pixels.shape[1] * scale, part.pixels.shape[0] * scale))
    return Prepared(prepared.tensor, prepared.placement.of_part(part.region))


def _needed(model: LoadedModel, crop: Crop | None) -> int | None:
    """Pixels along the whole picture's short side; of a part, that part needs as many."""
    needed = needed_pixels(model.version.network.preprocessing)
    if needed is None or crop is None:
        return needed
    return None if crop.uniform_background else math.ceil(needed / crop.share)


def _run(model: LoadedModel, tensors: list[NDArray[Any]]) -> Sequence[Outputs | Exception]:
    """The outputs of all; where the run of all fails, of each by itself, so that only the tensor that fails fails."""
    if len({tensor.shape for tensor in tensors}) == 1:
        try:
            return model.run(np.stack(tensors))
        except Exception as error:  # noqa: BLE001 - of a runtime that others may install; each tensor is tried below
            if len(tensors) == 1:
                return [error]
    return [_attempt(_run_one, model, tensor) for tensor in tensors]


def _run_one(model: LoadedModel, tensor: NDArray[Any]) -> Outputs:
    return model.run(tensor[np.newaxis])[0]
