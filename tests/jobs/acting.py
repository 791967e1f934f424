"""An installed distribution that brings the tests' handlers, and what handlers of tests get as services."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from image_tagger.jobs.context import Services
from image_tagger.jobs.handling import HANDLERS
from image_tagger.jobs.ledger import Ledger
from tests.jobs.acts import ENTRY_POINTS


def install(folder: Path) -> Path:
    """Write the distribution into a folder, which is to be put on Python's path."""
    metadata = folder / "acts-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acts\nVersion: 1.0\n")
    points = "".join(f"{name} = tests.jobs.acts:{name}\n" for name in ENTRY_POINTS)
    (metadata / "entry_points.txt").write_text(f"[{HANDLERS}]\n{points}")
    return folder


@dataclass(frozen=True, slots=True)
class _OnlyTheLedger:
    ledger: Ledger


def services_with(ledger: Ledger) -> Services:
    """All that the tests' handlers use."""
    return cast("Services", _OnlyTheLedger(ledger))
