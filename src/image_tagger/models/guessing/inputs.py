"""Guesses how a picture enters a network: shape, colours, numbers, crop."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.guessing.detectors import shapes_of
from image_tagger.models.guessing.guesses import Clues, Entry, Guess, table
from image_tagger.models.inspection.inspecting import SIDES, picture_input
from image_tagger.models.inspection.kinds import Kind
from image_tagger.models.running.tensors import TensorInfo

TABLE = "preprocessing"
FREE_SIDE = SIDES[0]
IMAGENET_COUNTS = {1000, 1001}
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN = (104.0, 117.0, 123.0)
CROP = 0.875  # of a picture's centre, where networks of ImageNet are measured


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is done to a pixel's numbers: x scale - mean, / std; and the order of the colours."""

    why: str
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False


BYTES = Numbers("the network takes bytes, 0..255 as they are")
SIGNED = Numbers("-1..1, as networks of this family are trained with", 1 / 127.5, (1.0, 1.0, 1.0))
FACES = Numbers("(pixel - 127) / 128, as this face detector is trained with", 1.0, (127.0,) * 3, (128.0,) * 3)
CAFFE = Numbers("Caffe's networks of ImageNet take BGR minus this mean", 1.0, CAFFE_MEAN, bgr=True)
YOLOX = Numbers("YOLOX takes BGR, 0..255 as it is", bgr=True)
MTCNN = Numbers("MTCNN in this form takes BGR, 0..255 as it is", bgr=True)
NORMALISED = Numbers(
    "PyTorch's networks of ImageNet take this mean and deviation", 1 / 255, IMAGENET_MEAN, IMAGENET_STD
)
DETR = Numbers("DETR and its kin take the mean and deviation of ImageNet", 1 / 255, IMAGENET_MEAN, IMAGENET_STD)
FRACTIONS = Numbers("0..1, the most usual; -1..1 (scale = 1/127.5, mean = 1) is the next", 1 / 255)
PLAIN = Numbers("this network scales pixels itself", 1.0)


def input_guesses(clues: Clues, task: str) -> tuple[Guess, ...]:
    """The table `preprocessing`. task: the postprocessing. Raises InvalidModel where there is no picture's tensor."""
    taken = picture_input(clues.found.inputs)
    if taken is not None and not taken.shape:
        raise InvalidModel("the file does not tell the shape of what the network takes: describe it in a model.toml")
    if taken is None or len(taken.shape) not in (3, 4):
        raise InvalidModel("the network takes no picture: none of its inputs has the shape of one")
    layout, sides, colours = _shape(taken)
    width, height = sides
    free = "" if all(sides) else "any size fits; choose what it was trained with"
    size = (width or _usual(clues), height or _usual(clues))
    shape = table(
        TABLE,
        [
            ("size", size, free or f"width and height of {taken.name!r}"),
            ("layout", layout, f"{taken.name!r} is {_text(taken)}"),
            ("element", "uint8" if taken.element == "uint8" else "float32", f"{taken.name!r} is {taken.element}"),
        ],
        sure=all(sides),
    )
    return (*shape, *_fitting(clues, task), *_numbers(clues, taken, colours))


def _shape(taken: TensorInfo) -> tuple[str, tuple[int, int], int]:
    """Layout, width and height (0: any), and how many numbers a pixel has."""
    first, middle, last = taken.shape[-3:]
    if first in (1, 3) and last not in (1, 3):
        return "NCHW", (last or 0, middle or 0), first
    if last in (1, 3) or first is not None:
        return "NHWC", (middle or 0, first or 0), last or 3
    return "NCHW", (last or 0, middle or 0), 3


def _text(taken: TensorInfo) -> str:
    return f"[{', '.join('?' if side is None else str(side) for side in taken.shape)}]"


def _usual(clues: Clues) -> int:
    return 640 if clues.named("yolo", "detr", "mtcnn") else FREE_SIDE


def _fitting(clues: Clues, task: str) -> tuple[Guess, ...]:
    """How the picture is cut or filled to the size."""
    if clues.named("mtcnn"):
        return table(TABLE, [("resize", "network", "the network takes pictures of any size and searches all scales")])
    if clues.named("yolox"):
        return table(
            TABLE,
            [
                ("resize", "fill", "YOLOX: the picture at the top left, the rest grey"),
                ("align", "top-left", "as in the original"),
                ("fill", (114, 114, 114), "as in the original"),
            ],
        )
    if clues.named("yolo") and clues.parts.kind is not Kind.DARKNET:
        return table(
            TABLE,
            [
                ("resize", "fill", "YOLO: the picture in the middle, the rest grey; `squash` where it was not so"),
                ("fill", (114, 114, 114), "as in the original"),
            ],
        )
    if task in ("classification", "tagging") and _scores(clues) in IMAGENET_COUNTS:
        return table(
            TABLE,
            [
                ("resize", "crop", "networks of ImageNet look at the centre"),
                ("fraction", CROP, "of the centred square's side: 224 of 256"),
            ],
        )
    return table(TABLE, [("resize", "squash", "the whole picture; `crop` looks at the centre, `fill` adds borders")])


def _numbers(clues: Clues, taken: TensorInfo, colours: int) -> tuple[Guess, ...]:
    chosen = _family(clues, taken)
    entries: list[Entry] = [("scale", chosen.scale, chosen.why)]
    if colours == 1:
        entries.append(("channels", "L", f"{taken.name!r} has one number a pixel"))
    elif chosen.bgr:
        entries.append(("channels", "BGR", chosen.why))
    if any(chosen.mean):
        entries.append(("mean", chosen.mean, "taken off after scaling"))
    if set(chosen.std) != {1.0}:
        entries.append(("std", chosen.std, "divided by in the end"))
    return table(TABLE, entries)


def _family(clues: Clues, taken: TensorInfo) -> Numbers:
    count = _scores(clues)
    families = (
        (taken.element in ("uint8", "int8"), BYTES),
        (clues.named("rfb", "ultraface", "ultra-light"), FACES),
        (clues.named("mtcnn"), MTCNN),
        (clues.named("yolox"), YOLOX),
        (clues.named("yolo"), FRACTIONS),
        (clues.named("detr"), DETR),
        (clues.named("nsfw"), Numbers("the NSFW networks in this form take 0..1", 1 / 255)),
        (clues.parts.kind is Kind.PROTOTXT and clues.named("mobilenet"), _mobile_caffe()),
        (clues.parts.kind is Kind.PROTOTXT, CAFFE),
        (count == 1001 or clues.named("mobilenet_v1", "inception", "xception", "nasnet"), SIGNED),
        (clues.named("efficientnet") and clues.parts.kind in (Kind.HDF5, Kind.KERAS), PLAIN),
        (count == 1000 and taken.shape[1:2] == (3,), NORMALISED),
        (clues.named("mobilenet", "efficientnet-lite", "efficientnet_lite"), SIGNED),
    )
    return next((numbers for fits, numbers in families if fits), FRACTIONS)


def _mobile_caffe() -> Numbers:
    return Numbers("MobileNets of Caffe: (pixel - 127.5) / 127.5, BGR", 1 / 127.5, (1.0, 1.0, 1.0), bgr=True)


def _scores(clues: Clues) -> int:
    """How many scores the network gives for a picture, if it is one list."""
    shapes = [*shapes_of(clues).values()]
    long = [side for side in shapes[0] if side > 1] if len(shapes) == 1 else []
    return long[0] if len(long) == 1 else clues.labels
