"""Guesses what a network's outputs mean: which postprocessing reads them, in which order, with which options."""

from math import prod

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.guessing import detectors as detection
from image_tagger.models.guessing.detectors import Answers, answers, shapes_of
from image_tagger.models.guessing.guesses import Clues, Entry
from image_tagger.models.inspection.inspecting import Observed

SCORES = ("logits", "probab", "softmax", "predictions")  # in names of outputs


def output_guesses(clues: Clues) -> Answers:
    """The table `spec` and the outputs of `network`. Raises InvalidModel where no postprocessing fits."""
    families = (
        detection.mtcnn,
        detection.listed,
        detection.tflite,
        detection.darknet,
        detection.caffe,
        detection.pair,
        detection.rows,
        _classes,
    )
    for fits in families:
        if (found := fits(clues)) is not None:
            return found
    shapes = ", ".join(f"{name} {list(shape)}" for name, shape in shapes_of(clues).items())
    raise InvalidModel(f"what the network gives is not known here ({shapes}): write a model.toml by hand")


def _classes(clues: Clues) -> Answers | None:
    """One list of scores for a picture."""
    shapes = shapes_of(clues)
    lists = [name for name, shape in shapes.items() if sum(side > 1 for side in shape[1:]) <= 1 and 0 not in shape[1:]]
    named = next((name for name in lists if any(word in name.lower() for word in SCORES)), "")
    if not lists or (len(shapes) > 1 and not named):
        return None
    name = named or lists[0]
    seen = next((one for one in clues.found.observed if one.name == name), None)
    count = prod(shapes[name][1:])
    task, activation, why = _activation(seen, count)
    option: Entry = ("activation", activation, why)
    outputs = (name,) if len(shapes) > 1 else ()
    return answers(task, count, f"{count} scores for a picture", outputs=outputs, options=(option,))


def _activation(seen: Observed | None, count: int) -> tuple[str, str, str]:
    """Exclusive labels or not, and what is still to be done to the scores: as they came out."""
    if seen is None:
        return "classification", "softmax", "the network could not be tried; `none` if it gives probabilities"
    bounded = seen.least >= 0 and seen.most <= 1
    if count == 1:
        return "tagging", "none" if bounded else "sigmoid", "a single score"
    if seen.shares:
        return "classification", "none", "in a trial the scores added up to 1"
    if bounded:
        return "tagging", "none", "in a trial the scores were in 0..1 and did not add up to 1"
    return "classification", "softmax", "in a trial some were outside of 0..1; `tagging` if labels are independent"
