"""Caffe's `.binaryproto`: one BlobProto, read without Caffe.

Its fields, from caffe.proto: num 1, channels 2, height 3, width 4, data 5, shape 7 (whose dim is 1), double_data 8.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.models.formats.protobuf import fields

NUM, CHANNELS, HEIGHT, WIDTH, DATA, SHAPE, DOUBLES = 1, 2, 3, 4, 5, 7, 8
OLD_SHAPE = (NUM, CHANNELS, HEIGHT, WIDTH)
NUMBERS = {DATA: "<f4", DOUBLES: "<f8"}
DIM = 1
WIDEST = 63  # bits of a dimension
MOST_FIELDS = 1_000_000  # where each number has a field of its own: a picture of 577 x 577


def read_blob(content: bytes) -> NDArray[np.float32]:
    """The blob as (height, width, channels), float32. Raises ValueError for anything else."""
    sides: dict[int, int] = {}
    parts: dict[int, list[memoryview]] = {DATA: [], DOUBLES: []}
    shape: list[int] = []
    for count, field in enumerate(fields(memoryview(content))):
        if count > MOST_FIELDS:
            raise ValueError("it has too many parts")
        if field.number in OLD_SHAPE:
            sides[field.number] = field.value
        elif field.number in parts:  # all numbers in one field, or each in a field of its own
            parts[field.number].append(field.content)
        elif field.number == SHAPE:
            shape = [*_dimensions(field.content)]
    used = DATA if parts[DATA] else DOUBLES
    data = np.frombuffer(b"".join(parts[used]), NUMBERS[used])
    return _picture(data, shape or [sides.get(side, 1) for side in OLD_SHAPE])


def _picture(data: NDArray[Any], shape: list[int]) -> NDArray[np.float32]:
    while len(shape) > 3 and shape[0] == 1:  # the number of pictures
        shape = shape[1:]
    if len(shape) != 3 or math.prod(shape) != data.size or not data.size:
        raise ValueError("its numbers do not fill its shape")
    return np.ascontiguousarray(data.reshape(shape).transpose(1, 2, 0), np.float32)


def _dimensions(message: memoryview) -> Iterator[int]:
    for field in fields(message):
        if field.number == DIM:
            yield from _packed(field.content) if field.content else (field.value,)


def _packed(content: memoryview) -> Iterator[int]:
    """Numbers of seven bits a byte, one after the other."""
    value = shift = 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift > WIDEST:
            raise ValueError("a dimension is too large")
        if byte < 0x80:
            yield value
            value = shift = 0
