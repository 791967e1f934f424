"""HDF5 files of Keras: only tensors of their own, no links to other files, no more than they hold."""

from typing import Any

from image_tagger.domain.errors import InvalidModel

MOST_OBJECTS = 200_000
MOST_BYTES = 16 * 1024**3  # of all tensors
MOST_RATIO = 200  # of tensors to the file; weights hardly shrink at all
SMALL = 16 * 1024**2  # bytes of tensors that are no harm however well they are packed


def check(opened: Any, size: int, file: str) -> None:
    """`opened`: an h5py file of `size` bytes. Raises InvalidModel naming the file and what is wrong."""
    waiting, count, total = [opened], 0, 0
    while waiting:
        group = waiting.pop()
        for name in group:
            count += 1
            if type(group.get(name, getlink=True)).__name__ != "HardLink":
                raise InvalidModel(f"{file} links to another place, or to another file: {name!r}")
            found = group[name]
            if hasattr(found, "shape"):
                total += _bytes(found, file)
            elif hasattr(found, "keys"):
                waiting.append(found)
            if count > MOST_OBJECTS:
                raise InvalidModel(f"{file} has more than {MOST_OBJECTS} tensors, or is linked in a circle")
    if total > MOST_BYTES or (total > SMALL and total > MOST_RATIO * size):
        raise InvalidModel(f"{file} of {size} bytes claims to hold {total}")


def configuration(opened: Any, file: str) -> str | bytes:
    """The text that describes the network. Raises InvalidModel where there is none."""
    text = opened.attrs.get("model_config")
    if not isinstance(text, str | bytes):
        raise InvalidModel(f"{file} holds weights without a network; save the whole model")
    return text


def _bytes(tensor: Any, file: str) -> int:
    if tensor.external or tensor.is_virtual:
        raise InvalidModel(f"{file} reads a tensor from another file: {tensor.name!r}")
    return int(tensor.size or 0) * int(tensor.dtype.itemsize)
