"""Label sets and the two spellings of ImageNet's names."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidModel


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a network in output order. A name may stand twice (`crane`), a set is never empty."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or not all(name.strip() for name in self.names):
            raise InvalidModel("a label set needs at least one label, and none of them empty")

    def __len__(self) -> int:
        return len(self.names)


def plain(label: str) -> str:
    """One name, spaces and no commas: `tabby, tabby cat` -> `tabby`, `lawn_mower` -> `lawn mower`."""
    return label.partition(",")[0].strip().replace("_", " ")


def keras(label: str) -> str:
    """The spelling of Keras: `lawn mower` -> `lawn_mower`."""
    return plain(label).replace(" ", "_")
