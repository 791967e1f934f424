"""What jobs over many pictures need beyond the engine: open places, object storage, a key, how much is in hand."""

from dataclasses import dataclass, field

from image_tagger.jobs.portions import Portions
from image_tagger.media.objects import Objects
from image_tagger.media.roots import Roots


@dataclass(frozen=True, slots=True)
class Bulk:
    """max_bytes: of one picture. secret: signs the messages at the end of jobs; empty where none may be sent."""

    roots: Roots
    objects: Objects
    max_bytes: int
    secret: str = field(default="", repr=False)
    portions: Portions = field(default_factory=Portions, repr=False)
