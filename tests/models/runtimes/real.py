"""Third parties' networks on real photos: what is expected of them, and what a runtime makes of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Channels, Element, Layout, Network, Preprocessing, Resize, Spec, Version
from image_tagger.models import loaded
from image_tagger.models.manifest import sha256
from tests.models.recognising import recognised

CENTRE = 0.875  # of the photos' short sides; it was measured on whole pixels, which the networks notice
LEAST = 0.1  # of the scores of boxes that are looked at
MOBILENET = Preprocessing(Size(224, 224), scale=1, mean=(127.5,) * 3, std=(127.5,) * 3, layout=Layout.NHWC)
QUANTISED = Preprocessing(Size(224, 224), scale=1, layout=Layout.NHWC, element=Element.UINT8)
SQUEEZENET = Preprocessing(Size(227, 227), scale=1, mean=(104.0, 117.0, 123.0), channels=Channels.BGR)
COCO_SSD = Preprocessing(Size(300, 300), Resize.SQUASH, scale=1, layout=Layout.NHWC, element=Element.UINT8)
RFB = Preprocessing(Size(320, 240), Resize.SQUASH, scale=1, mean=(127.0,) * 3, std=(128.0,) * 3)
YOLO = Preprocessing(Size(320, 320), Resize.SQUASH)


@dataclass(frozen=True, slots=True)
class Real:
    """A network of the shared folder: its name there, its file, how it is opened, fed and read."""

    name: str
    file: str
    runtime: str
    preprocessing: Preprocessing
    labels: str = ""
    postprocessing: str = "classification"
    outputs: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def opened(self, data: Path) -> loaded.LoadedModel:
        """The network, ready to be run."""
        file = data / "models" / self.file
        names = (data / "models" / "labels" / self.labels).read_text().splitlines() if self.labels else ["face"]
        network = Network(file, self.runtime, self.preprocessing, sha256(file), outputs=self.outputs)
        spec = Spec(LabelSet(tuple(names)), self.postprocessing, tuple(self.options.items()))
        return loaded.load(Version(self.name, network, spec), "cpu")

    def photos(self, data: Path) -> Iterator[tuple[NDArray[np.uint8], list[Any]]]:
        """Photos and what was measured on them."""
        rows = json.loads((data / "models" / "models.json").read_text())["models"]
        described = next(row for row in rows if row["name"] == self.name)
        for photo, expected in described["expected"].items():
            yield np.asarray(PIL.Image.open(data / "photos" / photo).convert("RGB")), expected


def score_error(real: Real, data: Path) -> float:
    """How far the scores of the expected best labels are off at most; the best one must be the best."""
    model, worst = real.opened(data), 0.0
    for pixels, expected in real.photos(data):
        prepared = model.prepare(_centre(pixels))
        outputs = model.run(prepared.tensor[np.newaxis])[0]
        scores = _probabilities(outputs[0].ravel(), real.options)
        assert int(scores.argmax()) == expected[0][0]
        worst = max(worst, *(abs(float(scores[place]) - score) for place, _, score in expected))
    return worst


def _centre(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = int(min(pixels.shape[:2]) * CENTRE)
    top, left = ((whole - side) // 2 for whole in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]


def _probabilities(scores: NDArray[Any], options: dict[str, Any]) -> NDArray[np.float64]:
    if options.get("activation") == "none":
        return scores.astype(np.float64)
    powers = np.exp(scores.astype(np.float64) - scores.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares


def box_errors(real: Real, data: Path) -> tuple[float, float]:
    """The largest error of a score, and the least overlap of a box with the expected one."""
    model, worst, least = real.opened(data), 0.0, 1.0
    for pixels, expected in real.photos(data):
        height, width = pixels.shape[:2]
        found = recognised(model, pixels, Selection(min_score=LEAST))
        for wanted in expected:
            box = np.array(wanted["xyxy"]) / (width, height, width, height)
            same = [one for one in found if one.label == wanted.get("label", "face") and one.region]
            overlaps = [_overlap(box, one.region) for one in same]
            best = int(np.argmax(overlaps))
            worst, least = max(worst, abs(same[best].score - wanted["score"])), min(least, overlaps[best])
    return worst, least


def _overlap(box: NDArray[np.float64], region: Any) -> float:
    """Intersection over union."""
    other = np.array([region.xmin, region.ymin, region.xmax, region.ymax])
    inside = np.clip(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0, None).prod()
    return float(inside / ((box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod() - inside))
