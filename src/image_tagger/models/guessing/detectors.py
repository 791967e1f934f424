"""Guesses which head a detector has, from the shapes and names of what it gives."""

from dataclasses import dataclass

from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Constant
from image_tagger.models.guessing.guesses import Clues, Entry, Guess, table
from image_tagger.models.inspection.inspecting import Observed, picture_input
from image_tagger.models.inspection.kinds import Kind

STRIDES = (8, 16, 32)
ANCHORS = 3  # boxes of a cell in YOLO v3, v5 and v7
PIXELS = 2.0  # edges beyond this count pixels
RAW = 20.0  # boxes of a trial that stay below this are not decoded yet
COCO_ROWS = 90  # of TensorFlow's label files for COCO
FEW, MANY = 100, (300, 900)  # queries of DETR, and of those that came after it
QUERIES = {FEW, *MANY}
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was guessed. task: the postprocessing; labels: how many there seem to be, 0 where that cannot be seen."""

    task: str
    labels: int
    guesses: tuple[Guess, ...]


def answers(
    task: str, labels: int, why: str, *, outputs: tuple[str, ...] = (), options: tuple[Entry, ...] = ()
) -> Answers:
    """Guesses for a postprocessing, the outputs that it reads, and its options."""
    named = table("network", [("outputs", outputs, f"in the order in which {task} reads them")] if outputs else [])
    spec = table("spec", [("postprocessing", task, why)])
    return Answers(task, labels, (*named, *spec, *table("spec.options", options)))


def shapes_of(clues: Clues) -> dict[str, Shape]:
    """Every output's shape: as it came out, else as the network tells it, 0 for what is free."""
    if clues.found.observed:
        return {one.name: one.shape for one in clues.found.observed}
    return {info.name: tuple(side or 0 for side in info.shape) for info in clues.found.outputs}


def mtcnn(clues: Clues) -> Answers | None:
    """The graph of MTCNN that searches all scales itself."""
    names = {info.name.removesuffix(":0"): info for info in clues.found.inputs}
    score, box = clues.output("prob"), clues.output("box")
    if not {"min_size", "thresholds", "factor"} <= set(names) or not (score and box):
        return None
    picture = next(name for name in names if name not in {"min_size", "thresholds", "factor"})
    constants = (
        Constant("min_size", (), (40.0,)),
        Constant("thresholds", (3,), (0.6, 0.7, 0.7)),
        Constant("factor", (), (0.7,)),
    )
    network = table(
        "network",
        [
            ("tensor", picture, "the picture's input"),
            ("constants", constants, "smallest face in pixels, least scores of the three stages, step of the scales"),
            ("batched", False, "one picture at a time"),
        ],
    )
    options: tuple[Entry, ...] = (("order", "yxyx", "as MTCNN gives them"), ("coordinates", "pixels", "of the picture"))
    made = answers("detection_boxes", 1, "faces: scores and finished boxes", outputs=(score, box), options=options)
    return Answers(made.task, 1, (*network, *made.guesses))


def listed(clues: Clues) -> Answers | None:
    """TensorFlow's object detection API, told by the names."""
    names = tuple(clues.output(f"detection_{what}") for what in ("scores", "classes", "boxes"))
    if not all(names):
        return None
    count = clues.output("num_detections")
    outputs = (*names, count) if count else names
    why = "the names are those of TensorFlow's object detection API"
    return answers("detection_direct", clues.labels or COCO_ROWS, why, outputs=outputs)


def tflite(clues: Clues) -> Answers | None:
    """The operator TFLite_Detection_PostProcess, told by the four shapes."""
    shapes = shapes_of(clues)
    if clues.parts.kind is not Kind.TFLITE or len(shapes) != 4:
        return None
    boxes = [name for name, shape in shapes.items() if len(shape) == 3 and shape[-1] == 4]
    lists = [name for name, shape in shapes.items() if len(shape) == 2]
    count = [name for name, shape in shapes.items() if len(shape) == 1]
    if not (len(boxes) == len(count) == 1 and len(lists) == 2):
        return None
    classes, scores = _classes_first(lists, clues.found.observed)
    outputs = (boxes[0], classes, scores, count[0])
    return answers("tflite_detection", clues.labels or COCO_ROWS, "four outputs as of this operator", outputs=outputs)


def caffe(clues: Clues) -> Answers | None:
    """The layer DetectionOutput: rows of seven numbers."""
    found = [name for name, shape in shapes_of(clues).items() if len(shape) == 4 and shape[-1] == 7 and shape[1] <= 1]
    if len(found) != 1 and not clues.named("detection_out"):
        return None
    outputs = tuple(found) if len(shapes_of(clues)) > 1 else ()
    return answers("caffe_detection_output", clues.labels, "rows of seven numbers, as of this layer", outputs=outputs)


def darknet(clues: Clues) -> Answers | None:
    """Darknet's layers as OpenCV gives them."""
    if clues.parts.kind is not Kind.DARKNET:
        return None
    shapes = shapes_of(clues)
    width = max((shape[-1] for shape in shapes.values() if shape), default=0)
    labels = max(0, width - 5) or clues.labels
    return answers("darknet", labels, "rows of Darknet's YOLO layers", outputs=tuple(shapes))


def pair(clues: Clues) -> Answers | None:
    """Two outputs: boxes, and a score for each of them and each label."""
    shapes = shapes_of(clues)
    boxes = [name for name, shape in shapes.items() if len(shape) == 3 and shape[-1] == 4]
    scores = [name for name, shape in shapes.items() if len(shape) == 3 and name not in boxes[:1]]
    if not boxes or not scores or len(shapes) > 3:
        return None
    return _of_pair(clues, scores[0], boxes[0])


def _of_pair(clues: Clues, scores: str, boxes: str) -> Answers:
    shape = shapes_of(clues)[scores]
    seen = {one.name: one for one in clues.found.observed}
    if shape[1] in QUERIES and not _bounded(seen.get(scores)):
        return _queries(shape, scores, boxes)
    background = seen[scores].shares if scores in seen else shape[-1] == 2
    labels = shape[-1] - background
    first: tuple[Entry, ...] = (("background", "first", "each box's scores add up to 1: one means nothing"),)
    options = first if background else ()
    outputs = (scores, boxes)
    if clues.parts.kind is Kind.PROTOTXT and clues.named("rfb"):
        return answers("ssd", labels, "RFB-320 of Caffe gives offsets", outputs=outputs, options=_rfb())
    pixels = boxes in seen and seen[boxes].most > PIXELS
    unit: tuple[Entry, ...] = (("coordinates", "pixels", "in a trial edges were far above 1"),) if pixels else ()
    why = "scores and boxes of the same number; `ssd` where the boxes are offsets"
    return answers("detection_boxes", labels, why, outputs=outputs, options=(*options, *unit))


def _queries(shape: Shape, scores: str, boxes: str) -> Answers:
    independent = shape[1] in MANY
    activation = ("activation", "sigmoid" if independent else "softmax", "300 queries are RT-DETR's, 100 are DETR's")
    labels = shape[-1] if independent else shape[-1] - 1
    return answers("detr", labels, "queries with unbounded scores", outputs=(scores, boxes), options=(activation,))


def _rfb() -> tuple[Entry, ...]:
    why = "the prior boxes of this face detector"
    sizes = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)
    return (
        ("strides", (8, 16, 32, 64), why),
        ("anchors", tuple(float(side) for size in sizes for side in (size, size)), why),
        ("anchor_counts", (3, 2, 2, 3), why),
    )


def rows(clues: Clues) -> Answers | None:
    """One output of boxes: YOLOX, YOLO v5 to v11, or finished rows."""
    found = {name: shape for name, shape in shapes_of(clues).items() if len(shape) == 3}
    taken = picture_input(clues.found.inputs)
    if not found or taken is None:
        return None
    name, shape = next(iter(found.items()))
    seen = next((one for one in clues.found.observed if one.name == name), None)
    outputs = (name,) if len(shapes_of(clues)) > 1 else ()
    task, head, labels, why = _grid(clues, seen, shape[1:], cells_of(taken.shape))
    options: tuple[Entry, ...] = (("head", head, why),) if head else ()
    return answers(task, labels, why, outputs=outputs, options=options) if task else None


def _grid(clues: Clues, seen: Observed | None, shape: Shape, cells: int) -> tuple[str, str, int, str]:
    """Postprocessing, its `head`, number of labels, and why; nothing where it is none of them."""
    first, second = shape
    raw = seen is not None and seen.most < RAW
    if second == 6 and first in QUERIES:
        return "yolo", "nms", clues.labels, "rows of box, score and class"
    if first == cells and second > 5 and (raw or seen is None):
        return "yolox", "", second - 5, f"{first} cells, box, objectness and scores, not decoded, as YOLOX gives them"
    if first == cells and clues.named("yolox"):
        return "yolo", "v5", second - 5, f"{first} decoded cells, objectness and scores"
    if first == ANCHORS * cells:
        return "yolo", "v5", second - 5, f"{first} boxes, objectness and scores, as YOLO v5 and v7 give them"
    if cells in (first, second):
        return "yolo", "v8", min(first, second) - 4, f"{cells} cells without objectness, as YOLO v8 to v11 give them"
    return "", "", 0, ""


def cells_of(shape: tuple[int | None, ...]) -> int:
    """How many cells the grids of a picture of this shape have together."""
    sides = sorted(side for side in shape[1:] if side and side > 3)[-2:] or [640]
    size = Size(sides[-1], sides[0])
    return sum((size.width // stride) * (size.height // stride) for stride in STRIDES)


def _bounded(seen: Observed | None) -> bool:
    return seen is not None and seen.least >= 0 and seen.most <= 1


def _classes_first(names: list[str], observed: tuple[Observed, ...]) -> tuple[str, str]:
    """Two lists, class numbers and scores: numbers above 1 are classes; else classes come first."""
    above = {one.name for one in observed if one.most > 1}
    first, second = names
    return (second, first) if second in above and first not in above else (first, second)
