"""Non-maximum suppression: of boxes of one class that overlap, the best stays."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.models.detection.boxes import Floats, overlaps


def kept(boxes: Floats, classes: NDArray[np.integer], threshold: float, most: int | None = None) -> NDArray[np.intp]:
    """Places of the boxes that stay, in order, at most `most`.

    boxes: (n, 4) finite corners with positive sides, the best first; classes: (n,). A box goes when its Jaccard index
    with a better box of its class that stays is above `threshold`. There is one step for each box that stays.
    """
    most = len(boxes) if most is None else most
    if threshold >= 1:
        return np.arange(min(most, len(boxes)))
    boxes = boxes.astype(np.float64)
    waiting, chosen = np.arange(len(boxes)), list[int]()
    while len(waiting) and len(chosen) < most:
        best, waiting = waiting[0], waiting[1:]
        chosen.append(int(best))
        same = classes[waiting] == classes[best]
        waiting = waiting[~(same & (overlaps(boxes[best], boxes[waiting]) > threshold))]
    return np.array(chosen, dtype=np.intp)
