"""What jobs over many pictures need beyond the engine: which places are open, object storage, the key for messages."""

from dataclasses import dataclass, field

from image_tagger.media.objects import Objects
from image_tagger.media.roots import Roots


@dataclass(frozen=True, slots=True)
class Bulk:
    """max_bytes: of one picture. secret: signs the messages at the end of jobs; empty where none may be sent."""

    roots: Roots
    objects: Objects
    max_bytes: int
    secret: str = field(default="", repr=False)
