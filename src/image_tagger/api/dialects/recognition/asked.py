"""What an inference asks, from its body: pictures or films, which part of them, which predictions."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from image_tagger.api.dialects.recognition.parameters import Entries, Fields, FromText, Threshold, exactly_one
from image_tagger.domain.crops import Crop
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Region
from image_tagger.domain.queries import Upload

MOST_PREDICTIONS = 100  # where a request names no bound
MOST_INPUTS = 100


class Box(Fields):
    """Part of a picture, in fractions of its sides."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Point(Fields):
    """A corner of a polygon, in fractions of the picture's sides."""

    x: Threshold
    y: Threshold


def _source(value: Any) -> Any:
    if not isinstance(value, str | Upload):
        raise ValueError("must be a text, or in a form the bytes")  # noqa: TRY004 - as pydantic asks of validators
    return value


Source = Annotated[str | Upload, BeforeValidator(_source)]


class Image(Fields):
    """A picture and which part of it counts."""

    source: Source
    bbox: Annotated[Box | None, FromText] = None
    polygon: Annotated[Entries[Point] | None, Field(min_length=3, max_length=1000), FromText] = None
    crop_uniform_background: bool = False


class Video(Fields):
    """A film, and which of its frames count: so many a second, or so many that are spread evenly over it."""

    source: Source
    process_fps: Annotated[float, Field(gt=0)] = 1.0
    process_frames: Annotated[int, Field(ge=1)] | None = None  # where it is there, the former counts nothing


class Input(Fields):
    """A picture or a film. Old clients write the crop beside the picture."""

    image: Image | None = None
    video: Video | None = None
    bbox: Annotated[Box | None, FromText] = None
    polygon: Annotated[Entries[Point] | None, Field(min_length=3, max_length=1000), FromText] = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Input":
        return exactly_one(self, "image", "video")


Inputs = Annotated[Entries[Input], Field(min_length=1, max_length=MOST_INPUTS), FromText]


class Inference(Fields):
    """What is asked of a specification or a version."""

    inputs: Inputs
    show_discarded: bool = False
    max_predictions: Annotated[int, Field(ge=1)] = MOST_PREDICTIONS


class RawInference(Fields):
    """What is asked of a bare network."""

    inputs: Inputs
    output_tensors: Annotated[Entries[str], Field(min_length=1), FromText]


def crop_of(given: Input) -> Crop | None:
    """Which part of the picture counts; None for all of it. Raises InvalidRequest for what is no part of a picture."""
    image = given.image
    if image is None:
        return None
    box, polygon = image.bbox or given.bbox, image.polygon or given.polygon or []
    if not (box or polygon or image.crop_uniform_background):
        return None
    try:
        region = Region(box.xmin, box.ymin, box.xmax, box.ymax) if box else None
        corners = tuple((point.x, point.y) for point in polygon)
        return Crop(region, corners, image.crop_uniform_background)
    except InvalidRequest as error:
        raise InvalidRequest(f"{'bbox' if box else 'polygon'}: {error}") from error
