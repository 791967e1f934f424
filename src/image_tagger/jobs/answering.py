"""What answers the inferences of the platform."""

from dataclasses import dataclass

from image_tagger.engine.raw import RawOutputs
from image_tagger.engine.recognizer import Recognizer
from image_tagger.models.opening.process import Limits
from image_tagger.models.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers inferences.

    limits: of the check of an uploaded network. retention_seconds: how long jobs are kept, and what they were sent.
    """

    resolver: Resolver
    recognizer: Recognizer
    raw: RawOutputs
    limits: Limits
    retention_seconds: float
