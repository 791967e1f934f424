"""What kind of network a ZIP archive holds; archives that would fill the memory or reach outside are refused."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath

MOST_FILES = 100_000
MOST_BYTES = 16 * 1024**3  # unpacked
MOST_RATIO = 200  # unpacked to packed; weights hardly shrink at all
SMALL = 16 * 1024**2  # bytes unpacked that are no harm however well they are packed
PICKLE_ADVICE = (
    "it is a pickle, which can run any code when it is opened; "
    "export it with torch.export.save or torch.onnx.export, or save its weights as safetensors"
)


# What reading a ZIP raises for a file that is damaged or made by others: NotImplementedError for a newer version of the
# format, a compression that Python has not, and encryption of another kind; EOFError and zlib.error for data cut short.
BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error)


def network_in(file: Path) -> str:
    """The value of the kind of network. Raises ValueError with the reason why it is none that may be opened."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except BROKEN as error:
        raise ValueError("its archive is broken or cut short") from error
    _check(members, file.stat().st_size)
    return _kind([member.filename for member in members])


def _check(members: list[zipfile.ZipInfo], packed: int) -> None:
    if len(members) > MOST_FILES:
        raise ValueError(f"its archive has {len(members)} files; at most {MOST_FILES} are taken")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ValueError("its archive names a file outside of it")
        if member.flag_bits & 1:
            raise ValueError("its archive is encrypted")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_BYTES or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        raise ValueError(f"its archive of {packed} bytes claims to hold {unpacked}")


def _kind(names: list[str]) -> str:
    last = {PurePosixPath(name).name for name in names}
    if {"config.json", "model.weights.h5"} <= set(names):
        return "Keras 3"
    if "archive_format" in last or "serialized_exported_program.json" in last:
        return "PyTorch ExportedProgram"
    if "constants.pkl" in last and any("/code/" in f"/{name}" for name in names):
        return "TorchScript"
    if any(name.endswith((".pkl", ".pickle")) for name in last):
        raise ValueError(PICKLE_ADVICE)
    if "saved_model.pb" in last:
        raise ValueError("it is a packed SavedModel; unpack it first")
    raise ValueError("its archive holds no network that is known here")
