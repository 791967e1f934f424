"""Registered versions as the engine runs them. Every method blocks."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from image_tagger.domain.errors import InvalidModel, ModelUnavailable, UnknownModel, UnknownResource
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.recognition import VERSION, Labels, NetworkState, StoredNetwork, StoredVersion, version_name
from image_tagger.domain.specs import Network, Spec, Version
from image_tagger.models.manifest import sha256
from image_tagger.models.platform.checking import network_path
from image_tagger.models.platform.folders import Find, discard, lay_out, sweep
from image_tagger.models.platform.inputs import Inputs, inputs_of
from image_tagger.models.platform.outputs import Reading, reading_of
from image_tagger.store.registry import Registry

KEPT = 1000  # hashes of folders remembered
INNER = frozenset({"tensorflow", "opencv"})  # these runtimes give any tensor inside of a network
PENDING = "the network {} is still being checked; ask again in a moment"


class RegisteredVersions:
    """Finds versions by names such as `version:31`; `find` tells where the content of a hash is."""

    def __init__(self, registry: Registry, find: Find, folder: Path) -> None:
        self.registry = registry
        self._find = find
        self._folder = folder

    def version(self, name: str) -> Version:
        """The version of a name. Raises UnknownModel, InvalidModel, and ModelUnavailable while it is being checked."""
        number, output = _parsed(name)
        try:
            stored = self.registry.version(number)
            network = self.registry.network(stored.network_id)
            labels = self.registry.spec(stored.spec_id).outputs
        except UnknownResource as error:
            raise UnknownModel(f"there is no model {name!r}") from error
        if output >= len(labels):
            raise UnknownModel(f"there is no model {name!r}")
        files, taken = self._laid_out(network)
        reading = reading_of(stored.post_processings[output], labels[output], taken.constants)
        found = _network(network, files, taken, reading.tensors)
        return Version(version_name(number, output), found, reading.spec, about=_about(stored))

    def labels(self, name: str) -> Labels:
        """The labels of a name's version with the ids that its user chose. Raises UnknownModel."""
        number, output = _parsed(name)
        try:
            return self.registry.spec(self.registry.version(number).spec_id).outputs[output]
        except (UnknownResource, IndexError) as error:
            raise UnknownModel(f"there is no model {name!r}") from error

    def check_registered(self, name: str) -> None:
        """Raises UnknownResource where the version of a name is not registered."""
        self.registry.version(_parsed(name)[0])

    def raw(self, network_id: int, tensors: tuple[str, ...]) -> Version:
        """A network whose outputs nobody reads, with these. Raises UnknownResource, and as `version` does."""
        network = self.registry.network(network_id)
        files, taken = self._laid_out(network)
        name = f"network:{network_id}"
        spec = Spec(LabelSet((name,)), "tagging")
        return Version(name, _network(network, files, taken, tensors), spec)

    def files(self, network: StoredNetwork) -> Mapping[str, Path]:
        """The network's files, laid out. Raises ModelUnavailable."""
        return lay_out(network.draft.files, self._find, self._folder / folder_name(network))

    def forget(self, network: StoredNetwork) -> None:
        """Remove the laid out files of a network that is gone; they come back if another one has the same."""
        discard(self._folder / folder_name(network))

    def sweep(self) -> None:
        """Remove what processes left that ended while they laid out or removed files."""
        sweep(self._folder)

    def _laid_out(self, network: StoredNetwork) -> tuple[Mapping[str, Path], Inputs]:
        if network.state is NetworkState.PENDING:
            raise ModelUnavailable(PENDING.format(network.id), retry_after=1)
        if network.state is NetworkState.REFUSED:
            raise InvalidModel(f"the network {network.id} cannot be used: {(network.findings or {}).get('reason')}")
        files = self.files(network)
        return files, inputs_of(network.draft.preprocessing, files)


def check_reading(network: StoredNetwork, reading: Reading) -> None:
    """Raises InvalidModel for tensors that the network is known not to give."""
    findings = network.findings or {}
    known = {str(info["name"]).removesuffix(":0") for info in findings.get("outputs", ())}
    inner = findings.get("runtime") in INNER
    for tensor in reading.tensors:
        if known and not inner and tensor.removesuffix(":0") not in known:
            raise InvalidModel(f"the network gives no tensor {tensor!r}; it gives: {', '.join(sorted(known))}")


def folder_name(network: StoredNetwork) -> str:
    """The same for the same files, and for no others."""
    listing = "".join(f"{file.sha256}  {file.name}\n" for file in sorted(network.draft.files, key=lambda f: f.name))
    return hashlib.sha256(listing.encode()).hexdigest()[:40]


def _network(stored: StoredNetwork, files: Mapping[str, Path], taken: Inputs, tensors: tuple[str, ...]) -> Network:
    path = network_path(stored.draft, files)
    known = {file.name: file.sha256 for file in stored.draft.files}
    whole = path.is_dir()
    companions = () if whole else tuple((name, known[name]) for name in sorted(known) if name != path.name)
    return Network(
        file=path,
        runtime=str((stored.findings or {})["runtime"]),
        preprocessing=taken.preprocessing,
        sha256=_folder_hash(path) if whole else known[path.name],
        companions=companions,
        tensor=taken.tensor,
        constants=taken.constants,
        outputs=tensors,
        batched=taken.batched,
    )


@lru_cache(KEPT)
def _folder_hash(folder: Path) -> str:
    return sha256(folder)


def _about(stored: StoredVersion) -> tuple[tuple[str, str], ...]:
    return (("specification", stored.spec_name), ("network", stored.network_name))


def _parsed(name: str) -> tuple[int, int]:
    number, _, output = name.removeprefix(VERSION).partition(".")
    digits = all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in (number, output or "0"))
    if not (name.startswith(VERSION) and digits):
        raise UnknownModel(f"there is no model {name[:80]!r}; registered ones are named {VERSION}<id>")
    return int(number), int(output or 0)
