"""Which files of a repository are needed to run it: never a pickle, and no weights twice."""

from collections.abc import Collection

from image_tagger.domain.errors import InvalidModel

CONFIG = "config.json"
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
ONNX = (
    "onnx/model.onnx",
    "model.onnx",
)  # the full-precision ones; `model_quantized.onnx` and the like give other answers
SAFETENSORS = ("model.safetensors", "model.safetensors.index.json")


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
            parts = (name for name in names if name.startswith("model-") and name.endswith(".safetensors"))
            return (weights, *sorted(parts)) if weights.endswith(".json") else (weights,)
    return ()
