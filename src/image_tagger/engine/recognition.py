"""One turn of a thread: decode and prepare one by one, run together, read one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.engine.batcher import Output, Tensor
from image_tagger.engine.frames import Held, decode_first
from image_tagger.media.decode import Decoder
from image_tagger.media.image import Image
from image_tagger.models.loaded import LoadedModel
from image_tagger.models.preprocessing import needed_pixels

P = ParamSpec("P")
T = TypeVar("T")
Predictions = tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One picture, decoded already or to be decoded here, and which predictions are wanted."""

    source: Image | Held
    selection: Selection


def recognise(model: LoadedModel, decoder: Decoder, requests: Sequence[Request]) -> list[Predictions | Exception]:
    """The predictions of every request, in order, or the exception that is its answer. Blocks."""
    tensors = [_attempt(_prepared, model, decoder, request) for request in requests]
    outputs = iter(_run(model, [tensor for tensor in tensors if not isinstance(tensor, Exception)]))
    answers: list[Predictions | Exception] = []
    for request, tensor in zip(requests, tensors, strict=True):
        result = tensor if isinstance(tensor, Exception) else next(outputs)
        answers.append(result if isinstance(result, Exception) else _attempt(model.read, result, request.selection))
    return answers


def _attempt(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this caller's answer and nobody else's
        return error


def _prepared(model: LoadedModel, decoder: Decoder, request: Request) -> Tensor:
    source = request.source
    if not isinstance(source, Image):
        source = decode_first(decoder, source, needed_pixels(model.version.network.preprocessing))
    return model.prepare(source.pixels)


def _run(model: LoadedModel, tensors: list[Tensor]) -> Sequence[Output | Exception]:
    """The outputs of all; where the run of all fails, of each by itself, so that only the tensor that fails fails."""
    if len({tensor.shape for tensor in tensors}) == 1:
        try:
            return list(model.run(np.stack(tensors)))
        except Exception as error:  # noqa: BLE001 - foreign code; each tensor gets its own chance below
            if len(tensors) == 1:
                return [error]
    return [_attempt(_run_one, model, tensor) for tensor in tensors]


def _run_one(model: LoadedModel, tensor: Tensor) -> Output:
    output: Output = model.run(tensor[np.newaxis])[0]
    return output
