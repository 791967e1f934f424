"""What the network in the wheel says when it is unsure, and of pictures outside its labels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import outside, unsure
from training.figures import OutsideResult, Said, Unsure
from training.held_out import JUDGED, HeldOut, Real
from training.metrics import softmax
from training.photos import squares
from training.shipped import Shipped

Logits = NDArray[np.float64]


def said(shipped: Shipped, probabilities: NDArray[np.floating]) -> Said | None:
    """The answer to one picture, probabilities (labels,), that is sure enough."""
    answer = shipped.hierarchy.roll_up(probabilities.tolist(), shipped.sure)
    return None if answer is None else Said(shipped.hierarchy.path(answer.position), answer.score)


def outside_results(shipped: Shipped, folder: Path) -> list[OutsideResult]:
    """Each real photo outside the labels."""
    photos = outside.real_photos(folder)
    answers = [said(shipped, row) for row in softmax(_logits(shipped, photos))]
    return [
        OutsideResult(
            file=photo.file.name,
            holding=photo.groups,
            said=answer,
            said_holds=answer is not None and unsure.holds(answer.path, (photo.groups,)),
        )
        for photo, answer in zip(photos, answers, strict=True)
    ]


def measure(shipped: Shipped, every: HeldOut, real: Real, folder: Path) -> Unsure:
    """What the threshold does to photos that did not set it, and to pictures outside the labels."""
    tree, judged, photos = shipped.hierarchy, every.part(JUDGED), outside.real_photos(folder)
    strangers, nothing = _logits(shipped, photos), _drawn(shipped)
    truth = unsure.truths(tree, judged.truth)
    around = [(path[:-1],) for (path,) in truth]
    known = [[tree.path(label) for label in photo.right] for photo in real.photos]
    told = [
        ("held-out photos", judged.probabilities, truth),
        (
            "those of them whose first label is right",
            judged.right.probabilities,
            unsure.truths(tree, judged.right.truth),
        ),
        ("real photos of known classes", real.cropped, known),
        ("real photos outside the labels", softmax(strangers), [(photo.groups,) for photo in photos]),
        ("held-out photos, own label taken away", unsure.without_truth(judged.probabilities, judged.truth), around),
        *((f"drawn: {kind}", softmax(logits), [()] * len(logits)) for kind, logits in nothing.items()),
    ]
    return Unsure(
        sure=shipped.sure,
        behaviours={name: unsure.behaviour(tree, rows, holding, shipped.sure) for name, rows, holding in told},
        separations=_separations(shipped, judged.right.logits, strangers, np.concatenate(list(nothing.values()))),
    )


def _separations(shipped: Shipped, right: Logits, photos: Logits, drawn: Logits) -> dict[str, tuple[float, float]]:
    ways = {
        "largest probability": lambda logits: softmax(logits).max(axis=1),
        "largest sum of an outermost group": lambda logits: unsure.assurance(shipped.hierarchy, softmax(logits)),
        "energy": unsure.energy,
    }
    return {
        name: (unsure.separation(way(right), way(photos)), unsure.separation(way(right), way(drawn)))
        for name, way in ways.items()
    }


def _logits(shipped: Shipped, photos: list[outside.Outside]) -> Logits:
    pictures = [shipped.photo(photo.file) for photo in photos]
    return shipped.logits(squares(pictures, shipped.preprocessing)).astype(np.float64)


def _drawn(shipped: Shipped) -> dict[str, Logits]:
    squared = {kind: squares(pictures, shipped.preprocessing) for kind, pictures in outside.drawn().items()}
    return {kind: shipped.logits(pictures).astype(np.float64) for kind, pictures in squared.items()}
