"""From `config.json` to the labels in output order and the postprocessing, by the rules of transformers' pipeline."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Spec

IMAGENET_FILE = Path(__file__).with_name("imagenet_1k.txt")
WNID = re.compile(r"n\d{8}")
MOST_LABELS = 100_000
Config = Mapping[str, Any]


def is_timm(config: Config) -> bool:
    """Whether it is the configuration of a timm checkpoint."""
    return "pretrained_cfg" in config and "architecture" in config


def read_spec(config: Config) -> Spec:
    """Labels and postprocessing. Raises InvalidModel where the model is no image classifier."""
    try:
        if is_timm(config):
            return Spec(LabelSet(_timm_labels(config)), "classification")
        _check_classifier(config)
        labels = _transformers_labels(config)
        return Spec(LabelSet(labels), _postprocessing(config, len(labels)))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidModel(f"its config.json cannot be read: {type(error).__name__}: {error}") from error


def imagenet_labels() -> dict[str, str]:
    """WordNet id -> names, of the 1000 classes of ImageNet-1k in their order."""
    lines = IMAGENET_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


def _check_classifier(config: Config) -> None:
    architectures = [str(name) for name in config.get("architectures") or ()]
    if not any("ForImageClassification" in name for name in architectures):
        raise InvalidModel(f"it is no image classifier but {', '.join(architectures) or 'of no kind that it names'}")


def _transformers_labels(config: Config) -> tuple[str, ...]:
    names = {int(number): str(name) for number, name in (config.get("id2label") or {}).items()}
    count = max([*names, -1]) + 1 or int(config.get("num_labels") or 2)
    return _clean([names.get(number, "") for number in range(_bounded(count))])


def _timm_labels(config: Config) -> tuple[str, ...]:
    given = config.get("label_names") or ()
    count = int(config.get("num_classes") or config["pretrained_cfg"].get("num_classes") or len(given))
    names = imagenet_labels()
    if not given and count == len(names):
        return tuple(names.values())
    if isinstance(given, str) or not isinstance(given, Sequence) or (given and len(given) != count):
        raise InvalidModel(f"it has {count} outputs and no list of as many labels")
    return _clean([names.get(str(name), str(name)) for name in given or [""] * _bounded(count)])


def _bounded(count: int) -> int:
    if not 0 < count <= MOST_LABELS:
        raise InvalidModel(f"it has {count} labels; 1 to {MOST_LABELS} are accepted")
    return count


def _clean(names: list[str]) -> tuple[str, ...]:
    """One line each; a nameless one is called as transformers calls it."""
    return tuple(" ".join(name.split()) or f"LABEL_{number}" for number, name in enumerate(names))


def _postprocessing(config: Config, count: int) -> str:
    problem = config.get("problem_type")
    if problem == "regression":
        raise InvalidModel("it is no image classifier but a regression")
    return "tagging" if problem == "multi_label_classification" or count == 1 else "classification"
