"""Which predictions of a frame the caller wants."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """The best `top` (at least 1; None: all) of the predictions whose score is at least `min_score` (0..1, kept).

    sure: instead, the one label or group of labels that the model is sure of, or nothing; `min_score` still holds.
    """

    top: int | None = None
    min_score: float = 0.0
    sure: bool = False

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise InvalidRequest("top must be at least 1")
        if not 0 <= self.min_score <= 1:
            raise InvalidRequest("the minimum score must be in 0..1")
