"""A repository's files -> a model folder: its ONNX file taken over, or its safetensors exported and compared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.domain.specs import Golden, Network, Preprocessing, Spec, Version
from image_tagger.models import goldens, loaded
from image_tagger.models.huggingface.files import CONFIG, PROCESSORS, needed_files, onnx_files
from image_tagger.models.huggingface.labelling import Config, is_timm, read_spec
from image_tagger.models.huggingface.recipe import Recipe, timm_recipe, transformers_recipe
from image_tagger.models.huggingface.rows import keep_read_rows
from image_tagger.models.manifest import sha256
from image_tagger.models.names import ModelName
from image_tagger.models.preprocessing import preparing
from image_tagger.models.writing import GOLDEN, write_version

NETWORK = "network.onnx"
SAME_TENSOR = 1e-3  # largest difference of two tensors that count as one
SAME_ANSWER = 1e-4  # largest difference of two probabilities that count as one
TOLERANCE = 1e-3  # how far other processors and later libraries may move a probability


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository's files in a folder, and what they say."""

    folder: Path
    names: tuple[str, ...]
    config: Config
    spec: Spec
    recipe: Recipe


def convert(source: Path, into: Path, name: ModelName) -> None:
    """Make a model folder of a repository's files, which are moved there. Blocks, for minutes with large networks.

    Raises InvalidModel with the reason why it cannot run here, and MissingExtra where a library is needed for it.
    """
    repository = _read(source)
    into.mkdir()
    way = _with_onnx if onnx_files(repository.names) else _with_safetensors
    network, scores, checked = way(repository, into)
    pictures = goldens.golden_pictures()
    goldens.write_golden(into / GOLDEN, pictures, scores)
    about = (("description", _description(repository)), ("source", f"{name.repository} at {source.name}"))
    golden = Golden(into / GOLDEN, TOLERANCE)
    write_version(into, Version(name.repository, network, repository.spec, golden, (*about, ("checked", checked))))


def _read(source: Path) -> Repository:
    names = tuple(sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()))
    needed = needed_files(names)
    config = _json(source / CONFIG)
    spec = read_spec(config)
    return Repository(source, needed, config, spec, _recipe(source, config))


def _recipe(source: Path, config: Config) -> Recipe:
    if is_timm(config):
        return timm_recipe(config)
    for name in PROCESSORS:
        if (source / name).is_file():
            table = _json(source / name)
            return transformers_recipe(table.get("image_processor", table), str(config.get("model_type", "")))
    raise InvalidModel("it has no preprocessor_config.json, so nobody knows how pictures enter it")


def _json(file: Path) -> Mapping[str, Any]:
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidModel(f"its {file.name} is no JSON") from error
    if not isinstance(table, dict):
        raise InvalidModel(f"its {file.name} is no JSON object")
    return table


def _description(repository: Repository) -> str:
    config = repository.config
    kind = str(config.get("architecture") or config.get("model_type") or "network")
    return f"{kind} with {len(repository.spec.labels)} labels, from the Hugging Face hub"


def _with_onnx(repository: Repository, into: Path) -> tuple[Network, NDArray[np.float64], str]:
    """The repository's own network. Without torch, its own answers here are the golden ones."""
    if not repository.recipe.known:
        raise InvalidModel(f"its image processor {repository.recipe.processor!r} is none of those that are known here")
    network, *data = onnx_files(repository.names)
    (repository.folder / network).replace(into / NETWORK)
    for name in data:  # the network names these files, so they keep their names
        (repository.folder / name).replace(into / Path(name).name)
    described = _network(into / NETWORK, "onnx", repository.recipe.preprocessing, [Path(name).name for name in data])
    return described, _scores(described, repository.spec), "its own ONNX file; not compared with torch"


def _with_safetensors(repository: Repository, into: Path) -> tuple[Network, NDArray[np.float64], str]:
    """Exported once and compared with torch; what cannot be exported, or answers otherwise, stays in torch."""
    weights = next(name for name in repository.names if name.startswith("model."))
    torch = plugins.load(loaded.RUNTIMES, "transformers")
    original = torch.load(repository.folder / weights, "cpu")
    expected = _expected(original, repository)
    library = f"torch {torch.library_version()}"
    try:
        exported, difference = _exported(original, repository, into, expected)
    except TaggerError as error:
        (into / NETWORK).unlink(missing_ok=True)
        return _kept(repository, into, weights), expected, f"runs in {library}: {error}"
    return exported, expected, f"against {library}, largest difference {difference:.1e}"


def _expected(original: Any, repository: Repository) -> NDArray[np.float64]:
    """What the original answers, from its own tensors. Raises InvalidModel where ours are not the same."""
    pictures = goldens.golden_pictures()
    theirs = np.stack([original.prepare(picture) for picture in pictures])
    ours = np.stack([preparing.prepare(picture, repository.recipe.preprocessing) for picture in pictures])
    if theirs.shape != ours.shape or np.abs(theirs - ours).max() > SAME_TENSOR:
        raise InvalidModel(f"its image processor {repository.recipe.processor!r} is not one that can be followed here")
    logits = original.run({original.inputs[0].name: theirs}, ())[0]
    return goldens.probabilities(((row,) for row in logits), repository.spec)


def _exported(
    original: Any, repository: Repository, into: Path, expected: NDArray[np.float64]
) -> tuple[Network, float]:
    size = repository.recipe.preprocessing.size
    original.export_for(into / NETWORK, (3, size.height, size.width))
    keep_read_rows(into / NETWORK)
    network = _network(into / NETWORK, "onnx", repository.recipe.preprocessing, [])
    difference = float(np.abs(_scores(network, repository.spec) - expected).max())
    if not difference <= SAME_ANSWER:  # not a number is no agreement either
        raise InvalidModel(f"exported to ONNX its answers differ by {difference:.1e}")
    return network, difference


def _kept(repository: Repository, into: Path, weights: str) -> Network:
    for name in repository.names:
        (repository.folder / name).replace(into / name)
    more = [name for name in repository.names if name != weights]
    return _network(into / weights, "transformers", repository.recipe.preprocessing, more)


def _network(file: Path, runtime: str, wanted: Preprocessing, companions: list[str]) -> Network:
    hashes = tuple((name, sha256(file.with_name(name))) for name in companions)
    return Network(file, runtime, wanted, sha256(file), hashes)


def _scores(network: Network, spec: Spec) -> NDArray[np.float64]:
    """The network's answers to the golden pictures, which must be the same alone and together."""
    model = loaded.load(Version("", network, spec))
    pictures = goldens.golden_pictures()
    alone, together = (goldens.run(model, pictures, together=at_once) for at_once in (False, True))
    if not np.abs(alone - together).max() <= SAME_ANSWER:
        raise InvalidModel("the network answers otherwise when pictures are run together")
    return alone
