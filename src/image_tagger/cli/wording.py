"""Labels in the user's words, as jobs say them, too."""

from image_tagger.jobs.wording import asked_for, said, wording_of

__all__ = ["asked_for", "said", "wording_of"]
