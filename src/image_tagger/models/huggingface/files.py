"""Which files of a repository are needed to run it: never a pickle, and no weights twice."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from image_tagger.domain.errors import InvalidModel

CONFIG = "config.json"
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
ONNX = (
    "onnx/model.onnx",
    "model.onnx",
)  # the full-precision ones; `model_quantized.onnx` and the like give other answers
SAFETENSORS = ("model.safetensors", "model.safetensors.index.json")
SUFFIX = ".safetensors"
INDEX = ".json"
ADAPTER = "adapter_config.json"


def needed_files(names: Collection[str]) -> tuple[str, ...]:
    """Of all files of a repository those that are fetched. Raises InvalidModel where there is nothing that can run."""
    if CONFIG not in names:
        raise InvalidModel("it has no config.json, so it is no model of transformers or timm")
    weights = onnx_files(names) or safetensors_files(names)
    if not weights:
        raise InvalidModel(
            "it has neither an ONNX file nor safetensors; other weights, such as pickles, are never opened"
        )
    return (CONFIG, *(name for name in PROCESSORS if name in names), *weights)


def onnx_files(names: Collection[str]) -> tuple[str, ...]:
    """The network, then the files with its weights where they are apart."""
    for network in ONNX:
        if network in names:
            data = (f"{network}_data", f"{network}.data")
            return (network, *sorted(name for name in names if name.startswith(data)))
    return ()


def safetensors_files(names: Collection[str]) -> tuple[str, ...]:
    """The weights, or the index of their parts and then the parts."""
    for weights in SAFETENSORS:
        if weights in names:
            parts = (name for name in names if name.startswith("model-") and name.endswith(SUFFIX))
            return (weights, *sorted(parts)) if weights.endswith(INDEX) else (weights,)
    return ()


def check_checkpoint(file: Path, config: Mapping[str, Any], *, whole: bool) -> None:
    """Raises InvalidModel where a library that is told to open this checkpoint would open more than safetensors here.

    Libraries unpickle weights whose name ends otherwise. config: what `config.json` says. whole: they must be in one
    file, as timm wants them; else they are one of SAFETENSORS, which transformers looks for by itself.
    """
    architecture = str(config.get("architecture", ""))
    if ":" in architecture:  # a place, in which timm would look for another configuration
        raise InvalidModel(f"its architecture {architecture[:80]!r} is none of timm's own")
    if config.get("transformers_weights") is not None:
        raise InvalidModel("its config.json names weights of its own")
    if file.with_name(ADAPTER).exists():
        raise InvalidModel(f"it has an {ADAPTER}, so it is an addition to another network")
    if not whole and file.name not in SAFETENSORS:
        raise InvalidModel(f"{file.name} is none of {', '.join(SAFETENSORS)}")
    for name in _parts(file) if file.name == SAFETENSORS[1] and not whole else (file.name,):
        if not name.endswith(SUFFIX) or PurePosixPath(name.replace("\\", "/")).name != name:
            raise InvalidModel(f"its weights {name[:80]!r} are no safetensors; pickles and the like are never opened")


def _parts(index: Path) -> set[str]:
    try:
        return {str(part) for part in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise InvalidModel(f"{index.name} is no index of safetensors") from error
