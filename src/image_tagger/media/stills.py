"""Which picture formats are read, and Pillow and libheif set up, once per process, for bytes from strangers."""

import logging
import warnings
from typing import IO

import pi_heif
import PIL.Image
import PIL.ImageFile
from PIL import TiffImagePlugin
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from image_tagger.domain.errors import MediaTooLarge
from image_tagger.domain.geometry import Size
from image_tagger.media.durations import check_comments
from image_tagger.media.headers import check_directory, check_tiff
from image_tagger.media.jpegs import PlainJpeg

JPEG_MAGIC, GIF_MAGIC = b"\xff\xd8\xff", b"GIF8"
# Formats are told apart by their first bytes. The last row has none to speak of and only gets what nobody else took.
# Left out (docs/formats.md says why): EPS, WMF, IPTC, BUFR, GRIB, HDF5, MPEG.
FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF", "JPEG2000", "ICO", "ICNS", "PSD", "PPM", "QOI"),
    *("BLP", "CUR", "DCX", "DDS", "DIB", "FITS", "FLI", "FTEX", "GBR", "MCIDAS", "MSP", "PCX", "PIXAR", "SGI", "SUN"),
    *("XBM", "XPM", "XVTHUMB", "PCD", "IM", "IMT", "SPIDER", "TGA"),
)
BOMBS = (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning)
PURE_PYTHON_PIXELS = 4_000_000  # QOI, DDS and others are decoded at up to 3 seconds per million pixels

MEBIBYTE = 1024 * 1024

PIL.Image.init()
PIL.ImageFile.MAXBLOCK = MEBIBYTE  # a common photo leaves Pillow in one block, in half the time many blocks take
pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Filters are global and not thread-safe to change, so they are set here and never touched again. Damaged metadata is
# no news to anyone; a picture in a picture beyond the ceiling must not be decoded.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
warnings.filterwarnings("error", category=PIL.Image.DecompressionBombWarning)

_load_directory = ImageFileDirectory_v2.load


def _load_checked(self: ImageFileDirectory_v2, fp: IO[bytes]) -> None:
    check_directory(fp, self._endian, big=self._bigtiff)
    _load_directory(self, fp)


# Pillow copies the value of every tag. Here all its reading of tags comes together, also that of EXIF in any format.
ImageFileDirectory_v2.load = _load_checked  # type: ignore[method-assign]  # it offers no other place to check


def raise_ceiling(pixels: int) -> None:
    """Let pictures inside pictures (ICO, ICNS, BLP) have at least so many pixels.

    Pillow checks those itself, against one ceiling per process: the largest asked for, never below Pillow's own.
    """
    PIL.Image.MAX_IMAGE_PIXELS = max(PIL.Image.MAX_IMAGE_PIXELS or 0, pixels)


def open_still(file: IO[bytes], most: int) -> ImageFile:
    """The picture in the file, header read and pixels not.

    Raises MediaTooLarge for more than `most` pixels, in the picture or in what it is made of, and anything at all on
    bytes that are no picture.
    """
    magic = file.read(4)
    file.seek(0)
    if magic in TiffImagePlugin.PREFIXES:
        check_tiff(file, most)
        file.seek(0)
    elif magic == GIF_MAGIC:
        check_comments(file)
    picture = PlainJpeg(file) if magic.startswith(JPEG_MAGIC) else PIL.Image.open(file, formats=FORMATS)
    check_pixels(picture, most)
    return picture


def check_pixels(picture: ImageFile, most: int) -> None:
    """Raises MediaTooLarge for more than `most` pixels, or more than Python's own decoders manage in a few seconds."""
    if any(tile[0] in PIL.Image.DECODERS for tile in picture.tile):
        most = min(most, PURE_PYTHON_PIXELS)
    size = Size(*picture.size)
    if size.pixels > most:
        raise MediaTooLarge(f"the picture has {size.width} x {size.height} pixels; at most {most} are accepted")
