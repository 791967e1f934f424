"""Asking for labels: a URL through `/predictions`, a file through `/process`, another model by a task."""

import base64
from typing import TYPE_CHECKING, Any

from image_tagger.client.finding import Wanted
from image_tagger.client.inferring import infer
from image_tagger.client.pictures import bytes_of, film_suffix, media_of
from image_tagger.client.talking import Ask, Talk, understood
from image_tagger.domain.errors import InvalidMedia, UnreachableMedia
from image_tagger.domain.labels import plain
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Upload, Url

if TYPE_CHECKING:
    from image_tagger.client.pictures import Picture

MOST_OF_A_URL = 1000  # labels
ALL = 1_000_000  # labels; the server takes as many as there are
AT_URLS = ((400, InvalidMedia), (404, UnreachableMedia))


def tag(picture: "Picture", wanted: Wanted, model: str, seconds: float) -> Talk[tuple[Prediction, ...]]:
    """The labels of a picture, best first."""
    if model:
        return (yield from infer(picture, wanted, model, seconds))
    media = media_of(picture)
    return (yield from _web(media, wanted) if isinstance(media, Url) else _file(media, wanted))


def _web(media: Url, wanted: Wanted) -> Talk[tuple[Prediction, ...]]:
    query = [("url", media.address), ("minconf", str(wanted.least))]
    if wanted.top is not None:
        query.append(("top", str(min(wanted.top, MOST_OF_A_URL))))
    answer = yield Ask("GET", "/predictions", tuple(query), meanings=AT_URLS)
    return understood(answer, lambda body: tuple(_prediction(p, "confidence") for p in body["predictions"]))


def _file(media: Upload, wanted: Wanted) -> Talk[tuple[Prediction, ...]]:
    source = {
        "content": base64.b64encode(bytes_of(media)).decode("ascii"),
        "file_type": film_suffix(media) or "jpg",  # the server looks what kind of picture it is
    }
    body = {"documents": [{"source": source}], "num_labels": wanted.top or ALL}
    answer = yield Ask("POST", "/process", body=body)
    found = understood(answer, _labels)
    return tuple(one for one in found if one.score >= wanted.least)


def _labels(body: Any) -> tuple[Prediction, ...]:
    if body["list_id_not_treated"]:
        raise InvalidMedia("no picture or film that can be read")
    return tuple(_prediction(one, "probability") for one in body["data"][0]["source"]["content"])


def _prediction(found: Any, score: str) -> Prediction:
    return Prediction(plain(found["label"]), float(found[score]))  # the two doors spell labels differently
