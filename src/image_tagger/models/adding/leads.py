"""How far a lower precision moves the lead that the best label of a picture has over others."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

RIVALS = 10  # the best labels but one: nearly as good as it is, and far more numbers than there are pictures
ERRORS = 2  # root mean square errors that a lead must have to be trusted


def margin(expected: NDArray[Any], found: NDArray[Any]) -> float:
    """The least lead to be trusted in `found`, from the exact values of the same pictures; both (pictures, values).

    In their unit, with three digits. 0 where no lead was moved, and where the values are no numbers.
    """
    best = np.argsort(-expected, axis=1)[:, : RIVALS + 1]
    moved = np.take_along_axis(found - expected, best, axis=1)
    errors = moved[:, :1] - moved[:, 1:]
    trusted = ERRORS * float(np.sqrt(np.square(errors).mean())) if errors.size else 0.0
    return float(f"{trusted:.3g}") if math.isfinite(trusted) else 0.0
