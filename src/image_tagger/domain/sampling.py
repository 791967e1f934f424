"""Which frames of a file are looked at, as users write it, and what is chosen where they write nothing."""

import re

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import (
    EVERY_FRAME,
    Evenly,
    EveryNth,
    KeyFrames,
    MediaInfo,
    PerSecond,
    Sampling,
    SceneCuts,
)

DEFAULT_RATE = 1.0  # frames per second
LEAST_FRAMES = 8  # of a short file, so that no part of it goes unseen
EVERY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(s|ms|f)")
WORDS: dict[str, Sampling] = {"all": EVERY_FRAME, "key": KeyFrames(), "scenes": SceneCuts()}


def read_every(text: str) -> Sampling:
    """`1s`, `0.5s` and `500ms` are steps in time, `25f` is every 25th frame. Raises InvalidRequest."""
    match = EVERY.fullmatch(text.strip())
    number = float(match[1]) if match else 0.0
    if not match or not number or (match[2] == "f" and not number.is_integer()):
        raise InvalidRequest(f"{text!r} is no step: write seconds (1s), milliseconds (500ms) or frames (25f)")
    if match[2] == "f":
        return EveryNth(int(number))
    return PerSecond(1 / number if match[2] == "s" else 1000 / number)


def read_frames(text: str) -> Sampling:
    """`all`, `key` (frames stored whole), `scenes` (the first after each cut) or a number. Raises InvalidRequest."""
    word = text.strip()
    if word in WORDS:
        return WORDS[word]
    if not re.fullmatch(r"\d{1,9}", word) or not int(word):
        raise InvalidRequest(f"{text!r} names no frames: write all, key, scenes or a number of at least 1")
    return Evenly(int(word))


def chosen_sampling(wanted: Sampling | None, info: MediaInfo) -> Sampling:
    """What is wanted; else a frame per second, but at least `LEAST_FRAMES` steps in a short file.

    Pages have no time: where it is time that counts, all of them are looked at.
    """
    if not info.seconds and info.frames is not None:
        return EVERY_FRAME if wanted is None or isinstance(wanted, PerSecond) else wanted
    if wanted is not None:
        return wanted
    return PerSecond(max(DEFAULT_RATE, LEAST_FRAMES / info.seconds) if info.seconds else DEFAULT_RATE)


def step_of(sampling: Sampling, info: MediaInfo) -> float | None:
    """After how many seconds a frame that is still on the screen counts once more.

    None where it counts once: between frames that are left out, nobody knows what is on the screen.
    """
    if isinstance(sampling, PerSecond):
        return 1 / sampling.rate
    if isinstance(sampling, Evenly):
        return info.seconds / sampling.count if info.seconds else None
    return 1 / DEFAULT_RATE if sampling == EVERY_FRAME or isinstance(sampling, SceneCuts) else None
