"""What a job that sorts a folder is to do, as the ledger keeps it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from image_tagger.domain.jobs import Json
from image_tagger.domain.sorting import Match, Rule
from image_tagger.media.moving import How

KIND = "sort_folder"
ATTEMPTS = 8  # of a file while the server is busy with others: some minutes


@dataclass(frozen=True, slots=True)
class Order:
    """Files directly in `source` go into folders in `into` that are named as their classes.

    journal: the file that each step is written to before it is taken. suffixes: in lower case, of the files that are
    meant, none of them hidden; where there are none, every file is. sidecars: `photo.jpg.xmp` goes with `photo.jpg`.
    """

    source: Path
    into: Path
    rule: Rule
    model: str = ""
    how: How = field(default=How.MOVE, kw_only=True)
    journal: Path | None = field(default=None, kw_only=True)
    suffixes: tuple[str, ...] = field(default=(), kw_only=True)
    sidecars: bool = field(default=False, kw_only=True)

    def as_json(self) -> dict[str, Any]:
        """A job's parameters."""
        return {
            "source": str(self.source),
            "into": str(self.into),
            "classes": list(self.rule.classes),
            "match": self.rule.match.value,
            "min_score": self.rule.min_score,
            "model": self.model,
            "how": self.how.value,
            "journal": None if self.journal is None else str(self.journal),
            "suffixes": list(self.suffixes),
            "sidecars": self.sidecars,
        }

    @classmethod
    def of_json(cls, parameters: Json) -> "Order":
        """The order that these parameters were made of."""
        rule = Rule(tuple(parameters["classes"]), Match(parameters["match"]), parameters["min_score"])
        journal = parameters["journal"]
        return cls(
            Path(parameters["source"]),
            Path(parameters["into"]),
            rule,
            parameters["model"],
            how=How(parameters["how"]),
            journal=None if journal is None else Path(journal),
            suffixes=tuple(parameters["suffixes"]),
            sidecars=parameters["sidecars"],
        )
