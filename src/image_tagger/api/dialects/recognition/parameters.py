"""The bodies that make and change resources, as models: what is required, and what the text of a form means."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from image_tagger.api.dialects.recognition.requests import LARGEST_ID
from image_tagger.api.dialects.recognition.wording import reason_of
from image_tagger.api.json_texts import parsed
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.recognition import MOST_LABELS, Labels, Roi

LONGEST_NAME = 1000
MOST_ERRORS = 1000  # of a body: naming a million takes seconds
NAMED_ERRORS = 3
LONGEST_REASON = 500  # characters; the names of fields are the client's
FORM = "form"  # the context in which a body is read that was a form


def _from_text(value: Any) -> Any:
    """An object or a list that a form holds as one JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return parsed(value)
    except ValueError:
        return value


def _from_form(value: Any, info: ValidationInfo) -> Any:
    """The same where every text is a value; in JSON it is not."""
    return _from_text(value) if info.context == FORM else value


def _storable(value: str) -> str:
    if "\0" in value:  # PostgreSQL keeps none in a text
        raise ValueError("no text may hold the character U+0000")
    return value


FromText = BeforeValidator(_from_text)
Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_storable)]
Metadata = Annotated[Any, BeforeValidator(_from_form)]
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Threshold = Annotated[float, Field(ge=0, le=1)]
T = TypeVar("T")
M = TypeVar("M", bound="Fields")
F = TypeVar("F", bound=BaseModel)
Entries = Annotated[list[T], Field(fail_fast=True)]  # where one is wrong, the others are not looked at


class Fields(BaseModel):
    """Fields nobody knows do not count."""

    model_config = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False, protected_namespaces=())


class Exact(Fields):
    """Fields nobody knows are refused: here, one that is misspelt would change what a network sees or says."""

    model_config = ConfigDict(extra="forbid")


class ImageEntry(Exact):
    """How a picture enters the network."""

    dimension_order: Literal["NCHW", "NCWH", "NHWC", "NWHC"]
    target_size: Annotated[str, Field(pattern=r"^\d{1,5}(x\d{1,5})?$"), BeforeValidator(str)]
    resize_type: Literal["SQUASH", "CROP", "FILL", "NETWORK"] = "SQUASH"
    color_channels: Literal["RGB", "BGR", "L", "GRAY"] = "RGB"
    pixel_scaling: Annotated[float, Field(gt=0)] = 255.0
    mean_file: str = ""
    data_type: Literal["FLOAT32", "UINT8"] = "FLOAT32"


class ConstantEntry(Exact):
    """A tensor that is always the same."""

    shape: Entries[Annotated[int, Field(ge=1)]]
    data: Entries[float | str]


class InputEntry(Exact):
    """One input of the network."""

    tensor_name: str
    image: Annotated[ImageEntry | None, FromText] = None
    constant: Annotated[ConstantEntry | None, FromText] = None

    @model_validator(mode="after")
    def _one_kind(self) -> "InputEntry":
        return exactly_one(self, "image", "constant")


class Preprocessing(Exact):
    """The inputs of a network."""

    inputs: Annotated[Entries[InputEntry], Field(min_length=1)]
    batched_output: bool = True


class NewNetwork(Fields):
    """The fields of an upload."""

    name: Name
    framework: str
    preprocessing: Annotated[Preprocessing, FromText]
    description: Text = ""
    metadata: Metadata = Field(default_factory=dict)
    postprocessings: Annotated[Entries[dict[str, Any]], FromText] = Field(default_factory=list)


class Changes(Fields):
    """What may change of a network or specification; only what is given does."""

    name: Name = ""
    description: Text = ""
    metadata: Metadata = None


class SpecChanges(Changes):
    """The same, and which version runs."""

    current_version_id: Id | None = None


class Label(Fields):
    """A label of a specification."""

    id: int
    name: Name


class LabelsEntry(Fields):
    """The labels of an output."""

    labels: Annotated[Entries[Label], Field(min_length=1, max_length=MOST_LABELS)]
    exclusive: bool
    roi: Literal["NONE", "BBOX"] = "NONE"


class Output(Exact):
    """One output of a specification."""

    labels: LabelsEntry

    @property
    def domain(self) -> Labels:
        """The same in the product's words. Raises InvalidRequest."""
        ids, names = zip(*((label.id, label.name) for label in self.labels.labels), strict=True)
        return Labels(ids, names, self.labels.exclusive, Roi(self.labels.roi))


class NewSpec(Fields):
    """A specification to be."""

    name: Name
    outputs: Annotated[Entries[Output], Field(min_length=1), FromText]
    description: Text = ""
    metadata: Metadata = Field(default_factory=dict)


class Classification(Exact):
    """Which tensor has the scores. The protocol has no activation: it wants scores, not logits."""

    output_tensor: str
    activation: Literal["none", "softmax", "sigmoid"] = "none"
    thresholds: Entries[Threshold] | None = None


class Anchored(Exact):
    """Boxes as offsets from proposals."""

    anchors_tensor: str
    offsets_tensor: str
    scores_tensor: str


class Direct(Exact):
    """Boxes, scores and classes as they are."""

    boxes_tensor: str
    scores_tensor: str
    classes_tensor: str


class Yolo(Exact):
    """A grid of cells, each with boxes around anchors."""

    output_tensor: str
    anchors: Annotated[Entries[Annotated[float, Field(gt=0)]], Field(min_length=2)]


class Custom(Exact):
    """Any postprocessing of this product; the protocol does not have this."""

    postprocessing: str
    output_tensors: Annotated[Entries[str], Field(min_length=1)]
    options: dict[str, bool | float | str | Entries[float]] = Field(default_factory=dict)


class Detection(Exact):
    """How boxes are read, and which count."""

    anchored_output: Anchored | None = None
    direct_output: Direct | None = None
    yolo_output: Yolo | None = None
    custom_output: Custom | None = None
    thresholds: Entries[Threshold] | None = None
    nms_threshold: Threshold = 0.3
    discard_threshold: Threshold = 0.025
    normalize_wrt_tensor: str = ""

    @model_validator(mode="after")
    def _one_decoder(self) -> "Detection":
        return exactly_one(self, "anchored_output", "direct_output", "yolo_output", "custom_output")


class PostProcessing(Exact):
    """How one output is read."""

    classification: Classification | None = None
    detection: Detection | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "PostProcessing":
        return exactly_one(self, "classification", "detection")


class NewVersion(Fields):
    """A version to be."""

    spec_id: Id
    network_id: Id
    post_processings: Annotated[Entries[PostProcessing], Field(min_length=1)]


def exactly_one(entry: F, *kinds: str) -> F:
    """The entry. Raises ValueError unless one of its fields of these names, and only one, is there."""
    if sum(getattr(entry, kind) is not None for kind in kinds) != 1:
        raise ValueError(f"must hold exactly one of {', '.join(kinds)}")
    return entry


def read(model: type[M], values: dict[str, Any], *, of_form: bool) -> M:
    """The body as such a model. Raises InvalidRequest that names the first wrong fields."""
    try:
        return model.model_validate(values, context=FORM if of_form else None)
    except ValidationError as error:
        raise InvalidRequest(_reasons(error)) from error


def _reasons(error: ValidationError) -> str:
    count = error.error_count()
    if count > MOST_ERRORS:
        return f"{count} things are wrong with the body"
    reasons = [reason_of(one)[:LONGEST_REASON] for one in error.errors(include_url=False)[:NAMED_ERRORS]]
    more = f"; and {count - NAMED_ERRORS} more" if count > NAMED_ERRORS else ""
    return "; ".join(reasons) + more
