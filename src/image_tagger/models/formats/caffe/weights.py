"""What a caffemodel holds, compared with the network that it is to fill."""

import mmap
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.caffe.network import Deploy, Layer
from image_tagger.models.formats.protobuf import Field, fields

MOST_BYTES = 2**31 - 1  # of a Protocol Buffers message
LAYER, OLD_LAYER = 100, 2
NAME_AND_BLOBS = {LAYER: (1, 7), OLD_LAYER: (4, 6)}  # the numbers of the fields, in the new form and the old one
WEIGHED = ("BatchNorm", "Convolution", "ConvolutionDepthwise", "Deconvolution", "Embed", "InnerProduct", "PReLU")


def check_weights(file: Path, deploy: Deploy) -> None:
    """Every layer that needs weights finds some under its name. Raises InvalidModel naming the file and the reason."""
    try:
        held = _layers_with_weights(file)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidModel(f"{file.name} is no caffemodel: {error}") from error
    missing = [layer.name for layer in deploy.layers if _weighed(layer) and layer.name not in held]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InvalidModel(f"{file.name} holds no weights for the layer {missing[0]!r}{more} of the network")


def _weighed(layer: Layer) -> bool:
    return layer.type in WEIGHED or (layer.type == "Scale" and len(layer.bottoms) == 1)


def _layers_with_weights(file: Path) -> set[str]:
    size = file.stat().st_size
    if not size or size > MOST_BYTES:
        raise ValueError("it is empty" if not size else "it has 2 gigabytes or more")
    with file.open("rb") as stream:
        content = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    return {name for field in fields(content) if (name := _name_of_weighed(field))}


def _name_of_weighed(layer: Field) -> str:
    """The layer's name if it has weights; empty otherwise, and for a field that is no layer."""
    if layer.number not in NAME_AND_BLOBS:
        return ""
    name_number, blobs = NAME_AND_BLOBS[layer.number]
    name, weighed = "", False
    for part in fields(layer.content):
        name = part.text if part.number == name_number else name
        weighed = weighed or part.number == blobs
    return name if weighed else ""
