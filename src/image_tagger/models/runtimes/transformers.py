"""Checkpoints of transformers and timm, in torch: what exports them to ONNX, and runs those that cannot be exported."""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra
from image_tagger.models.huggingface.files import CONFIG, check_checkpoint
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

INSTALL = "pip install 'image-tagger[hf]'"
INPUT, OUTPUT = "pixel_values", "logits"
TRACED = 2  # pictures in the batch that is traced: of one, exporters take the number for a constant


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An open checkpoint. `run` may be called from several threads at once."""

    module: Any  # pictures (number, 3, height, width) -> logits (number, labels)
    processor: Any  # a Pillow picture -> its tensor
    device: str

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """Pictures, (number, 3, height, width)."""
        return (TensorInfo(INPUT, (None, 3, None, None), "float32"),)

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """Logits, (number, labels)."""
        return (TensorInfo(OUTPUT, (None, None), "float32"),)

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Pictures (number, 3, height, width) -> logits (number, labels). Raises InvalidModel."""
        import torch  # noqa: PLC0415 - an extra

        if {*outputs} - {OUTPUT}:
            raise InvalidModel(f"a checkpoint has one output, {OUTPUT!r}")
        try:
            with torch.inference_mode():
                answer = self.module(torch.from_numpy(feeds[INPUT]).to(self.device)).float().cpu().numpy()
        except Exception as error:  # each architecture is code of its own, and refuses tensors in its own way
            raise InvalidModel(f"the network cannot be run: {type(error).__name__}") from error
        return [answer]

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """One picture -> the tensor that the checkpoint's own processor makes."""
        import PIL.Image  # noqa: PLC0415 - only where a network is compared with its original

        tensor: NDArray[np.float32] = np.asarray(self.processor(PIL.Image.fromarray(pixels)), np.float32)
        return tensor

    def export_for(self, file: Path, shape: tuple[int, ...]) -> None:
        """Write the network as ONNX for pictures of this shape, any number at a time. Raises InvalidModel."""
        import torch  # noqa: PLC0415 - an extra

        try:
            with _quiet(), torch.no_grad():
                torch.onnx.export(
                    self.module,
                    (torch.zeros(TRACED, *shape),),
                    file,
                    input_names=[INPUT],
                    output_names=[OUTPUT],
                    dynamic_shapes=({0: torch.export.Dim("batch")},),
                    dynamo=True,
                    verbose=False,
                    external_data=False,
                )
        except Exception as error:  # anything may go wrong in a foreign architecture; the caller has another way
            raise InvalidModel(f"torch cannot export it: {type(error).__name__}") from error


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> Checkpoint:
    """Open the safetensors of a folder that holds `config.json` beside them; `auto` is CUDA where torch has it.

    Neither code of the repository nor a pickle is ever run. Raises MissingExtra, and InvalidModel for what neither
    library can open.
    """
    del options  # there is nothing to choose
    config = _config(files.with_name(CONFIG))
    of_timm = "pretrained_cfg" in config
    check_checkpoint(files, config, whole=of_timm)
    with _libraries():
        import torch  # noqa: PLC0415 - an extra
        import transformers  # noqa: F401, PLC0415 - that it is there
    place = "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
    try:
        with _quiet():
            opened = _open_timm(files, config) if of_timm else _open_transformers(files.parent)
    except MissingExtra:
        raise
    except Exception as error:  # both libraries raise whatever their architectures raise
        raise InvalidModel(f"its checkpoint cannot be opened: {type(error).__name__}") from error
    module, processor = opened
    return Checkpoint(module.eval().to(place), processor, place)


def library_version() -> str:
    """The version of torch. Raises MissingExtra."""
    with _libraries():
        import torch  # noqa: PLC0415 - an extra
    return str(torch.__version__)


def _config(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidModel(f"a checkpoint has its {CONFIG} beside it") from error
    if not isinstance(config, dict):
        raise InvalidModel(f"its {CONFIG} is no JSON object")
    return config


def _open_transformers(folder: Path) -> tuple[Any, Any]:
    import torch  # noqa: PLC0415 - an extra
    from transformers import AutoImageProcessor, AutoModelForImageClassification  # noqa: PLC0415 - the same

    here_only = {"local_files_only": True, "trust_remote_code": False}
    model = AutoModelForImageClassification.from_pretrained(
        folder, use_safetensors=True, dtype=torch.float32, **here_only
    )
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil", **here_only)

    class Logits(torch.nn.Module):  # type: ignore[misc]  # torch is not looked into
        """One tensor in, one out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pixel_values: Any) -> Any:
            """Logits of pictures."""
            return self.model(pixel_values=pixel_values).logits

    return Logits(), lambda picture: processor(picture, return_tensors="np")["pixel_values"][0]


def _open_timm(file: Path, config: dict[str, Any]) -> tuple[Any, Any]:
    with _libraries():
        import timm  # noqa: PLC0415 - an extra
    arguments = {"num_classes": config.get("num_classes"), **config.get("model_args", {})}
    model = timm.create_model(config["architecture"], pretrained=False, checkpoint_path=str(file), **arguments)
    chosen = timm.data.resolve_data_config(pretrained_cfg=config["pretrained_cfg"])
    return model, timm.data.create_transform(**chosen)


@contextmanager
def _libraries() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # not only ImportError: builds that do not fit together fail in many ways
        raise MissingExtra(f"it has no ONNX file, and to run its safetensors `{INSTALL}` is needed") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Both libraries tell developers of progress and deprecations; nobody here can do anything about them."""
    from transformers.utils import logging  # noqa: PLC0415 - an extra

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
