"""What was recognised earlier: pictures with the scores of their labels, and what to look for among them."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.finding import Expression
from image_tagger.domain.predictions import Prediction

LEAST = 0.3  # score from which a label counts where nobody says another
PAGE = 100  # pictures
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture as it was when it was looked at.

    key: its path or URL. sha256: of its content; empty where nobody knows. size in bytes; modified in seconds since
    1970. fingerprint: of its looks, 64 bits.
    """

    key: str
    sha256: str = ""
    size: int | None = None
    modified: float | None = None
    fingerprint: int | None = None

    def __post_init__(self) -> None:
        if "\0" in self.key or self.key.encode("utf-8", "replace").decode() != self.key:
            raise InvalidRequest("a picture whose name is no text cannot be recorded")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a model saw in a picture."""

    picture: PictureFile
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label of a picture. score: the highest of its regions."""

    label: str
    score: float
    model: str


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture that was found. id grows in the order in which pictures were first recorded."""

    id: int
    key: str
    labels: tuple[LabelScore, ...]  # all that count, the highest score first


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and which page of it.

    least: score in 0..1 from which a label counts. model: only its labels; empty: those of all. after: the id of the
    last picture of the page before.
    """

    wanted: Expression
    least: float = LEAST
    model: str = ""
    limit: int = PAGE
    after: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise InvalidRequest("the minimum score must be in 0..1")
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise InvalidRequest(f"the limit must be in 1..{LARGEST_PAGE}")
        if not 0 <= self.after < 2**63:
            raise InvalidRequest("after must be the id of a picture")
