"""Labels below groups, `animal > dog > golden retriever`, and the most exact answer that is sure enough."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet

SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Answer:
    """A label or a group, by its position in the hierarchy, and its score in 0..1."""

    position: int
    score: float


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A forest whose leaves are the labels of a network. Names may stand twice, so everything goes by position.

    names: the labels in output order, then the groups. labels: how many of the names are labels.
    parents: for each name the position of the group it belongs to; None for what belongs to no group.
    Raises InvalidModel for a parent that is no group, groups that contain themselves, and groups without a label.
    """

    names: tuple[str, ...]
    labels: int
    parents: tuple[int | None, ...]
    _above: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)  # groups of each name, root last
    _covers: tuple[int, ...] = field(init=False, repr=False, compare=False)  # how many labels

    def __post_init__(self) -> None:
        if not 0 < self.labels <= len(self.names) == len(self.parents):
            raise InvalidModel("a hierarchy needs at least one label, and one parent or none for each name")
        if not all(parent is None or self.labels <= parent < len(self.names) for parent in self.parents):
            raise InvalidModel("a parent in the hierarchy is no group of it")
        above = tuple(self._climb(position) for position in range(len(self.names)))
        object.__setattr__(self, "_above", above)
        object.__setattr__(self, "_covers", tuple(self._sums((1,) * self.labels)))
        if not all(self._covers):
            raise InvalidModel("a group of the hierarchy has no label below it")

    @classmethod
    def of_groups(cls, labels: LabelSet, groups: Sequence[str]) -> "Hierarchy":
        """From one path for each label, in output order: `animal > dog`; an empty path is a label without a group.

        Raises InvalidModel where there is not one path for each label, or a path with an empty name.
        """
        if len(groups) != len(labels):
            raise InvalidModel(f"the hierarchy has {len(groups)} lines for {len(labels)} labels")
        chains: list[tuple[str, ...]] = [tuple(path.split(SEPARATOR)) if path else () for path in groups]
        known = dict.fromkeys(chain[:depth] for chain in chains for depth in range(1, len(chain) + 1))
        if not all(group[-1].strip() for group in known):
            raise InvalidModel("a group of the hierarchy has no name")
        places = {group: len(labels) + place for place, group in enumerate(known)}
        inner = [group[:-1] for group in known]
        names = (*labels.names, *(group[-1] for group in known))
        return cls(names, len(labels), tuple(places.get(group) for group in (*chains, *inner)))

    def path(self, position: int) -> tuple[str, ...]:
        """The names from the outermost group down to the label or group at a position."""
        return tuple(self.names[place] for place in (*reversed(self._above[position]), position))

    def roll_up(self, scores: Sequence[float], sure: float) -> Answer | None:
        """The most exact label or group whose score reaches `sure`; None where none does: none of these.

        scores: one for each label, of exclusive labels (their sum is at most 1); a group's is the sum of its labels'.
        The fewer labels a name covers, the more exact it is; of equally exact names the likelier wins, then the inner.
        """
        if len(scores) != self.labels:
            raise InvalidModel(f"there are {len(scores)} scores for {self.labels} labels")
        sums = self._sums(scores)
        sure_enough = (position for position, score in enumerate(sums) if score >= sure)
        best = min(
            sure_enough, key=lambda place: (self._covers[place], -sums[place], -len(self._above[place])), default=None
        )
        return None if best is None else Answer(best, min(sums[best], 1.0))

    def _sums(self, scores: Sequence[float]) -> list[float]:
        sums = [*scores, *(0 for _ in self.names[self.labels :])]
        for score, groups in zip(scores, self._above, strict=False):  # the labels come first
            for group in groups:
                sums[group] += score
        return sums

    def _climb(self, position: int) -> tuple[int, ...]:
        groups: list[int] = []
        parent = self.parents[position]
        while parent is not None:
            if parent in groups:
                raise InvalidModel("a group of the hierarchy contains itself")
            groups.append(parent)
            parent = self.parents[parent]
        return tuple(groups)
