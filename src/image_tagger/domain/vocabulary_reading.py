"""A vocabulary from the TOML that a user wrote; whatever is wrong is named by its key."""

import tomllib
from collections.abc import Mapping
from typing import Any

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.tables import Table, toml_key
from image_tagger.domain.taxonomy import Taxonomy, names
from image_tagger.domain.vocabulary import Scores, Vocabulary

KEYS = ("hide", "map", "merge", "roll_up", "others", "scores", "rename", "translate", "language")
OF = "vocabulary"
KEEP, HIDE = "keep", "hide"
MOST_ENTRIES = 100_000


def read_vocabulary(text: str, taxonomy: Taxonomy) -> Vocabulary:
    """The vocabulary of a TOML text.

    Raises InvalidRequest for what is no TOML, a key or value that has no meaning, a label that is given two words, and
    a word to roll up to that the taxonomy does not know.
    """
    table = Table(_parsed(text), of=OF)
    table.refuse_others(KEYS)
    rolled_up = tuple(_list(table.values, "roll_up"))
    for word in rolled_up:
        if not taxonomy.meanings(word):
            raise InvalidRequest(f"the {OF}'s roll_up names {word[:80]!r}, of which no kinds are known")
    vocabulary = Vocabulary(
        hidden=frozenset(_list(table.values, "hide")),
        words=_words(table.values),
        rolled_up=rolled_up,
        others=table.word("others", (KEEP, HIDE), KEEP) == KEEP,
        renamed=_texts(table.values.get("rename", {}), "rename"),
        translated=_translation(table),
        scores=Scores(table.word("scores", tuple(Scores), Scores.AUTO.value)),
    )
    if max(map(len, (vocabulary.hidden, vocabulary.words, vocabulary.renamed, rolled_up))) > MOST_ENTRIES:
        raise InvalidRequest(f"the {OF} has more than {MOST_ENTRIES} entries in one of its parts")
    return vocabulary


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its message says where
        raise InvalidRequest(f"the {OF} is no TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # thousands of brackets, integers of thousands of digits
        raise InvalidRequest(f"the {OF} is no TOML that can be read") from error


def _words(values: Mapping[str, Any]) -> dict[str, str]:
    """What `map` and `merge` say, which are two ways to write the same."""
    given = list(_texts(values.get("map", {}), "map").items())
    merge = values.get("merge", {})
    if not isinstance(merge, dict):
        raise InvalidRequest(f"the {OF}'s merge must be a table like [merge]")
    given += [(label, word) for word in merge for label in _list(merge, word, "merge.")]
    words, taken = dict[str, str](), dict[str, str]()
    for label, word in given:
        for name in names(label):
            if taken.setdefault(name, word) != word:
                raise InvalidRequest(f"the {OF} gives {name[:80]!r} two words: {taken[name][:80]!r}, {word[:80]!r}")
        words[label] = _filled(word, "merge")
    return words


def _translation(table: Table) -> dict[str, str]:
    """The table of the language; without a language, of the only one there is."""
    languages, language = table.values.get("translate", {}), table.text("language")
    if not isinstance(languages, dict) or not all(isinstance(one, dict) for one in languages.values()):
        raise InvalidRequest(f"the {OF}'s translate must be a table for each language, like [translate.de]")
    translations = {name: _texts(one, f"translate.{toml_key(name)}") for name, one in languages.items()}
    if not language and len(translations) > 1:
        raise InvalidRequest(f"the {OF} translates to {', '.join(translations)}; its language must be one of them")
    if not language:
        return next(iter(translations.values()), {})
    if language not in translations:
        raise InvalidRequest(f"the {OF}'s language is {language[:80]!r}, to which it does not translate")
    return translations[language]


def _texts(value: object, key: str) -> dict[str, str]:
    """A table of texts."""
    if not isinstance(value, dict):
        raise InvalidRequest(f"the {OF}'s {key} must be a table like [{key}]")
    for name, text in value.items():
        if not isinstance(text, str):
            raise InvalidRequest(f"the {OF}'s {key}.{toml_key(name)} must be a text in quotes, not {str(text)[:80]!r}")
        _filled(name, key)
        _filled(text, f"{key}.{toml_key(name)}")
    return value


def _list(values: Mapping[str, Any], key: str, path: str = "") -> list[str]:
    texts = values.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidRequest(f"the {OF}'s {path}{toml_key(key)} must be a list of texts, not {str(texts)[:80]!r}")
    return [_filled(text, f"{path}{toml_key(key)}") for text in texts]


def _filled(text: str, key: str) -> str:
    if not names(text):
        raise InvalidRequest(f"the {OF}'s {key} has a text without a word in it")
    return text
