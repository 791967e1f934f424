"""Files into the folders of their classes, and back: every file is in exactly one place at every moment."""

from image_tagger.media.moving.folders import Folder, Identity
from image_tagger.media.moving.journal import Heading, Journal, Step
from image_tagger.media.moving.names import candidates
from image_tagger.media.moving.placing import How, Way, in_our_words, place
from image_tagger.media.moving.undoing import Undone, undo

__all__ = [
    "Folder",
    "Heading",
    "How",
    "Identity",
    "Journal",
    "Step",
    "Undone",
    "Way",
    "candidates",
    "in_our_words",
    "place",
    "undo",
]
