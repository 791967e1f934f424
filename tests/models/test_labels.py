"""The taxonomy that ships: every class of ImageNet has its place in it, and people's words find what they mean."""

import re
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.labels import keras, plain
from image_tagger.domain.meanings import Meanings
from image_tagger.models.huggingface.labelling import imagenet_labels
from image_tagger.models.labels import FILE, read_vocabulary_file, standard_taxonomy

TAXONOMY = standard_taxonomy()
CLASSES = imagenet_labels()
COCO = (Path(__file__).parents[2] / "training" / "coco_synsets.txt").read_text(encoding="utf-8").splitlines()
AMBIGUOUS = {"crane": 2, "maillot": 2, "kite": 2, "cup": 2}  # classes of this very name, COCO's included


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size < 600_000
    assert FILE.with_name("WORDNET-LICENSE.txt").read_text().startswith("This software and database")


def test_every_kind_is_there() -> None:
    meanings = Meanings(FILE.read_text(encoding="utf-8"))
    keys = set(meanings)
    assert {parent for key in keys for parent in meanings.meaning(key).parents} <= keys


@pytest.mark.parametrize("spelled", [str, plain, keras])
def test_every_class_of_imagenet_means_its_synset(spelled: type[str]) -> None:
    found = {wnid: {meaning.key for meaning in TAXONOMY.meanings(spelled(label))} for wnid, label in CLASSES.items()}
    assert {wnid for wnid, keys in found.items() if wnid[1:] not in keys} == set()
    assert {plain(CLASSES[wnid]) for wnid, keys in found.items() if len(keys) > 1} <= set(AMBIGUOUS)


def test_every_class_of_imagenet_is_something() -> None:
    assert {label for label in CLASSES.values() if not TAXONOMY.finds("entity", label)} == set()


@pytest.mark.parametrize("wnid", ["n02084071", "n04524313", "n01503061", "n02958343", "n00021265", "n02512053"])
def test_words_find_what_is_below_their_synset(wnid: str) -> None:
    (meaning,) = TAXONOMY.meanings(wnid)
    below = {label for one, label in CLASSES.items() if TAXONOMY.finds(wnid, one)}
    assert below
    assert all(below <= TAXONOMY.expand(word, CLASSES.values()) for word in meaning.words)


@pytest.mark.parametrize(
    ("query", "count"), [("dog", 118), ("bird", 59), ("cat", 13), ("animal", 398), ("insect", 27), ("fish", 16)]
)
def test_a_query_finds_as_many_classes_as_wordnet_has_below_it(query: str, count: int) -> None:
    assert len({wnid for wnid in CLASSES if TAXONOMY.finds(query, wnid)}) == count


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("dog", "golden retriever"),
        ("vehicle", "sports_car"),
        ("automobile", "minivan"),
        ("musical instrument", "banjo"),
        ("fruit", "Granny Smith"),
        ("furniture", "couch"),
        ("animal", "giraffe"),
        ("person", "scuba diver"),
        ("toy", "teddy"),
        ("bird", "kite"),
        ("plaything", "kite"),
        ("telephone", "cell phone"),
        ("mammal", "fruit bat"),
    ],
)
def test_people_find_what_they_mean(query: str, label: str) -> None:
    assert TAXONOMY.finds(query, label)


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("dog", "hot dog"),
        ("dog", "hotdog, hot dog, red hot"),
        ("animal", "mouse, computer mouse"),
        ("cat", "catamaran"),
        ("car", "carbonara"),
        ("person", "boxer"),
        ("dog", "wolf"),
        ("crane (bird)", "n03126707"),
    ],
)
def test_people_do_not_find_what_only_sounds_so(query: str, label: str) -> None:
    assert not TAXONOMY.finds(query, label)


def test_every_class_of_coco_means_its_synset() -> None:
    rows = [[part.strip() for part in line.split("|")] for line in COCO if not line.startswith("#")]
    assert len(rows) > 80
    assert [name for name, _, key in rows if key not in {one.key for one in TAXONOMY.meanings(name)}] == []


def test_labels_of_a_real_file_are_the_classes(shared_data: Path) -> None:
    labels = (shared_data / "models" / "labels" / "labels_1000.txt").read_text().splitlines()
    assert len(TAXONOMY.expand("dog", labels)) == 118


def test_a_vocabulary_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('roll_up = ["dog"]\n', encoding="utf-8")
    assert read_vocabulary_file(tmp_path / "words.toml").rolled_up == ("dog",)


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_what_is_no_text_is_no_vocabulary(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "words.toml").write_bytes(content)
    with pytest.raises(InvalidRequest, match=re.escape("the vocabulary words.toml ")):
        read_vocabulary_file(tmp_path / "words.toml")
