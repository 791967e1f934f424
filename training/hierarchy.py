"""Groups of labels from WordNet's is-a hierarchy: `python -m training.hierarchy --data DIR` writes hierarchy.txt."""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

WORDNET = Path("/usr/share/wordnet/data.noun")  # of the Debian package wordnet-base
GROUPS = Path(__file__).with_name("groups.txt")
NAME = "hierarchy.txt"
SEPARATOR = " > "
IS_A = "@"  # WordNet's mark of a pointer to a hypernym


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning: the words for it, and the offsets of what it is a kind of."""

    lemmas: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A line of groups.txt: the group's path from the root, and the synsets that lead into it, as (lemma, offset)."""

    path: str
    synsets: tuple[tuple[str, str], ...]


def read_wordnet(file: Path) -> dict[str, Synset]:
    """WordNet 3.0's nouns by offset; the form of the lines is that of its manual page wndb(5)."""
    lines = (line.partition(" | ")[0].split() for line in file.read_text(encoding="latin-1").splitlines())
    return {fields[0]: _synset(fields) for fields in lines if len(fields[0]) == 8}


def _synset(fields: list[str]) -> Synset:
    words = int(fields[3], 16)
    pointers = fields[5 + 2 * words :]
    lemmas = tuple(word.replace("_", " ") for word in fields[4 : 4 + 2 * words : 2])
    targets = zip(pointers[0::4], pointers[1::4], strict=False)
    return Synset(lemmas, tuple(offset for kind, offset in targets if kind == IS_A))


def read_groups(file: Path) -> tuple[Group, ...]:
    """The groups in order of precedence. Stops where a group's parent is none of the earlier lines."""
    groups: list[Group] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            groups.append(_group(line))
            parent = groups[-1].path.rpartition(SEPARATOR)[0]
            if parent and parent not in {group.path for group in groups}:
                raise SystemExit(f"groups.txt: {parent!r} must come before {groups[-1].path!r}")
    return tuple(groups)


def _group(line: str) -> Group:
    path, _, synsets = line.partition("|")
    words = (synset.strip().rpartition(" ") for synset in synsets.split(","))
    return Group(path.strip(), tuple((lemma, offset) for lemma, _, offset in words))


def group_of(wnid: str, groups: tuple[Group, ...], wordnet: Mapping[str, Synset]) -> Group | None:
    """The group with the nearest synset above (or at) a class; the earlier one of equally near ones."""
    for level in _levels(wnid[1:], wordnet):
        for group in groups:
            if any(offset in level for _, offset in group.synsets):
                return group
    return None


def _levels(offset: str, wordnet: Mapping[str, Synset]) -> Iterator[set[str]]:
    level = {offset}
    while level:
        yield level
        level = {parent for child in level for parent in wordnet[child].parents}


def lines(classes: list[dict[str, str | int]], groups: tuple[Group, ...], wordnet: Mapping[str, Synset]) -> list[str]:
    """For each class, by position, the path of its group. Stops where WordNet is another edition, or a class alone."""
    for group in groups:
        for lemma, offset in group.synsets:
            _check(offset, {lemma}, wordnet)
    for row in classes:
        _check(str(row["wnid"])[1:], {name.strip() for name in str(row["synonyms"]).split(",")}, wordnet)
    found = [group_of(str(row["wnid"]), groups, wordnet) for row in classes]
    alone = [row["label"] for row, group in zip(classes, found, strict=True) if group is None]
    if alone:
        raise SystemExit(f"no group in groups.txt leads to: {', '.join(map(str, alone))}")
    return [group.path for group in found if group]


def _check(offset: str, words: set[str], wordnet: Mapping[str, Synset]) -> None:
    """Offsets are those of WordNet 3.0: another edition has other words there, or none."""
    known = wordnet.get(offset)
    if known is None or not {w.lower() for w in words} & {lemma.lower() for lemma in known.lemmas}:
        raise SystemExit(f"synset {offset} is not {' or '.join(sorted(words))}: not WordNet 3.0?")


def write(folder: Path, classes: list[dict[str, str | int]], wordnet: Path) -> None:
    """hierarchy.txt, one line for each class: the path of its group."""
    if not wordnet.exists():
        raise SystemExit(f"{wordnet.name} of WordNet 3.0 is not there: install the package wordnet-base, or --wordnet")
    written = lines(classes, read_groups(GROUPS), read_wordnet(wordnet))
    (folder / NAME).write_text("\n".join(written) + "\n", encoding="utf-8")
    print(f"written: {NAME}, {len(written)} labels in {len(set(written))} groups")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with classes.json")
    parser.add_argument("--wordnet", type=Path, default=WORDNET, help="data.noun of WordNet 3.0")
    parser.add_argument("--into", type=Path, default=Path("src/image_tagger/models/embedded"), help="the model folder")
    options = parser.parse_args()
    write(options.into, json.loads((options.data / "classes.json").read_text()), options.wordnet)


if __name__ == "__main__":
    main()
