"""Keras 3: `.keras` archives and HDF5 files of networks without code, on the TensorFlow or torch that is there."""

import io
import logging
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats.keras import archive, configuration, hdf5
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its notes about the processor go to stderr of every command
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")  # pictures are independent, so cores serve different pictures
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every new number of pictures
os.environ.setdefault("KERAS_BACKEND", "tensorflow" if find_spec("tensorflow") else "torch")
try:
    import h5py
    import keras
except Exception as missing:  # not only ImportError: builds that do not fit together fail in many ways
    raise MissingExtra("Keras is not installed: `pip install 'image-tagger[keras]'`") from missing

HDF5 = b"\x89HDF\r\n\x1a\n"
TRIED = 2  # pictures of the first run, which makes Keras compile


@dataclass(frozen=True, slots=True)
class KerasRuntime:
    """An open network. `run` may be called from several threads at once."""

    model: Any
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs; none named: the first one. Raises InvalidModel."""
        names = [info.name for info in self.outputs]
        for name in (name for name in outputs if name not in names):
            raise InvalidModel(f"the network has no output {name!r}; it has: {', '.join(names)}")
        fed = [self._fed(info, feeds) for info in self.inputs]
        try:
            given = self.model.predict_on_batch(fed)
        except Exception as error:  # TensorFlow, torch and JAX raise types of their own that share no base
            raise InvalidModel(f"{self.file.name} cannot be run on these inputs: {type(error).__name__}") from error
        answers = dict(zip(names, keras.tree.flatten(given), strict=True))
        return [np.asarray(answers[name]) for name in outputs or names[:1]]

    def export(self, into: Path) -> None:
        """Write the network as ONNX, for any number of pictures. Raises InvalidModel where it cannot be done."""
        if keras.backend.backend() != "tensorflow":  # the export of Keras on torch gives networks for one picture
            raise InvalidModel(f"{self.file.name} can be converted where TensorFlow is installed only")
        try:
            with _quiet():
                self.model.export(into, format="onnx", verbose=False)
        except Exception as error:  # anything may go wrong in a foreign architecture; the caller has another way
            raise InvalidModel(f"Keras cannot export {self.file.name}: {type(error).__name__}") from error

    def _fed(self, info: TensorInfo, feeds: Tensors) -> NDArray[Any]:
        if info.name not in feeds:
            raise InvalidModel(f"the network's input {info.name!r} is not fed")
        return np.asarray(feeds[info.name], info.element)


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> KerasRuntime:
    """Open a `.keras` archive or an HDF5 file on `device`: `auto` or `cpu`.

    Layers with code (Lambda), classes of the file's own and links to other files are refused before Keras reads it.
    Raises InvalidModel, and ModelUnavailable for another device.
    """
    del options  # there is nothing to choose
    if device not in {"auto", "cpu"}:
        raise ModelUnavailable(f"there is no device {device!r} for Keras networks; convert them to ONNX for others")
    _check(files)
    try:
        with _quiet():
            opened = keras.models.load_model(files, compile=False, safe_mode=True)
            model = keras.Model(opened.inputs, opened.outputs)  # lists on both sides, whatever it was made of
            runtime = KerasRuntime(model, _infos(model.inputs), _infos(model.outputs), files)
            _try(runtime)
    except InvalidModel:
        raise
    except Exception as error:  # layers are code of Keras, its backend and their makers, with no common error
        raise InvalidModel(f"{files.name} is no network that Keras can open: {_reason(error)}") from error
    return runtime


def library_version() -> str:
    """The versions of Keras and what it runs on."""
    return f"{keras.__version__} ({keras.backend.backend()})"


def _check(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            is_hdf5 = stream.read(len(HDF5)) == HDF5
        if is_hdf5:
            with h5py.File(file, "r") as opened:
                hdf5.check(opened, file.stat().st_size, file.name)
                configuration.check(hdf5.configuration(opened, file.name), file.name)
            return
        configuration.check(archive.read_configuration(file), file.name)
        weights = zipfile.ZipFile(file).read(archive.WEIGHTS)
        with h5py.File(io.BytesIO(weights), "r") as opened:
            hdf5.check(opened, len(weights), file.name)
    except (OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidModel(f"{file.name} is broken, cut short, or no Keras network") from error


def _infos(tensors: Sequence[Any]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(tensor.name, (*tensor.shape,), str(tensor.dtype)) for tensor in tensors)


def _try(runtime: KerasRuntime) -> None:
    """The first run builds what later ones share; several threads must not do that at once."""
    if all(None not in info.shape[1:] for info in runtime.inputs):
        runtime.run({info.name: np.zeros(_filled(info.shape), info.element) for info in runtime.inputs}, ())


def _filled(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(TRIED if side is None else side for side in shape)


def _reason(error: Exception) -> str:
    """Keras' messages are pages long and full of paths; the one about a class is worth its name."""
    text = str(error)
    named = text.partition("Unknown layer: ")[2] or text.partition("Could not locate class ")[2]
    return f"unknown layer {named.split()[0].strip(chr(39) + '.')!r}" if named else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keras tells developers of deprecations; nobody here can do anything about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
