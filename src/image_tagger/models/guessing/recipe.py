"""Guesses how a network is used: from its tensors, its name, and what came out when a picture was tried."""

from dataclasses import dataclass

from image_tagger.models.guessing.guesses import Clues, Guess, table
from image_tagger.models.guessing.inputs import input_guesses
from image_tagger.models.guessing.outputs import output_guesses
from image_tagger.models.inspection.inspecting import Inspection
from image_tagger.models.inspection.parts import Parts


@dataclass(frozen=True, slots=True)
class Recipe:
    """Guessed entries of a `model.toml`. labels: how many the network seems to have; 0 where nobody knows."""

    runtime: str
    guesses: tuple[Guess, ...]
    labels: int

    def value(self, key: str, of: str) -> object:
        """What was guessed for an entry of a table; None where nothing was."""
        return next((guess.value for guess in self.guesses if (guess.table, guess.key) == (of, key)), None)


def recipe_of(parts: Parts, found: Inspection, labels: int = 0) -> Recipe:
    """A starting recipe. labels: how many there are, where a person gave them.

    Raises InvalidModel where the network takes no picture, or gives nothing that is known here.
    """
    clues = Clues(parts, found, labels)
    answers = output_guesses(clues)
    about = table("about", [("description", f"{parts.kind.value} network {parts.file.name}", "")])
    guesses = (*answers.guesses, *input_guesses(clues, answers.task), *about)
    return Recipe(found.runtime, guesses, labels or answers.labels)
