"""By which file names pictures are found in folders; what a file is, its content decides later."""

from functools import cache

import PIL.Image

from image_tagger.media.stills import FORMATS


@cache
def picture_suffixes() -> frozenset[str]:
    """Lower-case file suffixes, dot included, of the formats that are read."""
    return frozenset(suffix for suffix, name in PIL.Image.registered_extensions().items() if name in FORMATS)
