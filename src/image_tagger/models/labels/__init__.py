"""The words for what models see, compiled from WordNet by `training/taxonomy.py`, and vocabularies of users."""

from functools import cache
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.meanings import Meanings
from image_tagger.domain.taxonomy import Taxonomy
from image_tagger.domain.vocabulary import Vocabulary
from image_tagger.domain.vocabulary_reading import read_vocabulary

FILE = Path(__file__).with_name("taxonomy.txt")


@cache
def standard_taxonomy() -> Taxonomy:
    """The taxonomy that ships with the product, read once."""
    return Taxonomy(Meanings(FILE.read_text(encoding="utf-8")))


def read_vocabulary_file(file: Path) -> Vocabulary:
    """The vocabulary in a TOML file. Blocks. Raises InvalidRequest."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"the vocabulary {file.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the vocabulary {file.name} is no text in UTF-8") from error
    return read_vocabulary(text, standard_taxonomy())
