"""WordNet's nouns for what is seen in pictures, as one small file: `python -m training.taxonomy` writes taxonomy.txt.

In the file are the classes of ImageNet-1k and of COCO, all that they are kinds of, what is one step below those, and
whatever people, things and living beings the texts speak of that WordNet counted. Each word leads to the synsets
through which it can mean a class, and to the first of its other meanings; rarer ones would find a sausage for `dog`.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.hierarchy import Synset, read_wordnet

WORDNET = Path("/usr/share/wordnet")  # of the Debian package wordnet-base
IMAGENET = Path("src/image_tagger/models/huggingface/imagenet_1k.txt")
COCO = Path(__file__).with_name("coco_synsets.txt")
WRITTEN = Path("src/image_tagger/models/labels/taxonomy.txt")

PERSON = "18"  # WordNet's number of the file in which its authors keep nouns for people
NATURAL = {"05", "20"}  # animals and plants
SEEN = {"05", "06", "08", "13", "17", PERSON, "19", "20"}  # artifacts, bodies, food, objects, phenomena, too


@dataclass(frozen=True, slots=True)
class Nouns:
    """WordNet's nouns.

    kinds: the number of the file of each synset. senses: the synsets of each word in lower case, the most frequent
    first. counted: the synsets that occur in the texts that WordNet counted.
    """

    synsets: Mapping[str, Synset]
    kinds: Mapping[str, str]
    senses: Mapping[str, tuple[str, ...]]
    counted: frozenset[str]


def read_nouns(folder: Path) -> Nouns:
    """The files data.noun, index.noun and cntlist.rev, as the manual pages wndb(5) and cntlist(5) describe them."""
    senses = dict(_index(folder / "index.noun"))
    rows = (line.split() for line in (folder / "cntlist.rev").read_text(encoding="latin-1").splitlines())
    keys = ((key.partition("%"), int(number)) for key, number, _ in rows)
    used = ((senses.get(word.replace("_", " "), ()), number) for (word, _, rest), number in keys if rest[0] == "1")
    counted = frozenset(offsets[number - 1] for offsets, number in used if number <= len(offsets))
    return Nouns(read_wordnet(folder / "data.noun"), dict(_kinds(folder / "data.noun")), senses, counted)


def _index(file: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in _lines(file):
        fields = line.split()
        yield fields[0].replace("_", " "), tuple(fields[-int(fields[2]) :])


def _kinds(file: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(file):
        offset, kind, _ = line.split(maxsplit=2)
        yield offset, kind


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="latin-1").splitlines() if not line.startswith("  ")]


def read_classes(imagenet: Path, coco: Path, nouns: Nouns) -> dict[str, list[str]]:
    """Of each class its synset and the names by which models call it. Stops where a name is no word of its synset."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for line in imagenet.read_text(encoding="utf-8").splitlines():
        wnid, names = line.split("\t")
        _check(wnid[1:], names.partition(",")[0], nouns)
        classes[wnid[1:]].append(names.partition(",")[0])
    for line in coco.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, word, offset = (field.strip() for field in line.split("|"))
            _check(offset, word, nouns)
            if name not in classes[offset]:
                classes[offset].append(name)
    return classes


def _check(offset: str, word: str, nouns: Nouns) -> None:
    if offset not in nouns.synsets or word not in nouns.synsets[offset].lemmas:
        raise SystemExit(f"synset {offset} is not {word}: not WordNet 3.0?")


def above(offsets: set[str], nouns: Nouns) -> set[str]:
    """The synsets themselves and everything that they are kinds of."""
    found, level = set(offsets), set(offsets)
    while level:
        level = {parent for offset in level for parent in nouns.synsets[offset].parents} - found
        found |= level
    return found


def chosen(core: set[str], nouns: Nouns) -> set[str]:
    """The synsets of the file."""
    return above(core | {offset for offset in nouns.synsets if _wanted(offset, core, nouns)}, nouns)


def _wanted(offset: str, core: set[str], nouns: Nouns) -> bool:
    kind, synset = nouns.kinds[offset], nouns.synsets[offset]
    if kind not in SEEN:
        return False
    if offset in nouns.counted:
        return True
    scientific = kind in NATURAL and all(word[0].isupper() for word in synset.lemmas)
    return kind != PERSON and not scientific and any(parent in core for parent in synset.parents)


def words(offset: str, core: set[str], inside: set[str], nouns: Nouns) -> list[str]:
    """The words that lead to a synset of the file."""

    def leads(word: str) -> bool:
        seen = [one for one in nouns.senses.get(word.lower(), ()) if one in inside and nouns.kinds[one] in SEEN]
        return offset in core or seen[:1] == [offset]

    return [word for word in nouns.synsets[offset].lemmas if leads(word)]


def lines(classes: Mapping[str, list[str]], nouns: Nouns) -> list[str]:
    """One line for each synset by its offset: offset, words, what it is a kind of, names of classes."""
    core = above(set(classes), nouns)
    inside = chosen(core, nouns)
    return [
        "\t".join(
            (
                offset,
                "|".join(words(offset, core, inside, nouns)),
                " ".join(nouns.synsets[offset].parents),
                "|".join(classes.get(offset, ())),
            )
        )
        for offset in sorted(inside)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, default=WORDNET, help="the folder dict of WordNet 3.0")
    options = parser.parse_args()
    if not (options.wordnet / "data.noun").exists():
        raise SystemExit("WordNet 3.0 is not there: install the package wordnet-base, or --wordnet")
    nouns = read_nouns(options.wordnet)
    written = lines(read_classes(IMAGENET, COCO, nouns), nouns)
    WRITTEN.write_text("\n".join(written) + "\n", encoding="utf-8")
    print(f"written: {WRITTEN.name}, {len(written)} synsets")


if __name__ == "__main__":
    main()
