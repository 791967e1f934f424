"""What workers of this machine held that have ended without a word goes back at once, not when its lease runs out."""

from pathlib import Path

from image_tagger.jobs import pipes
from image_tagger.jobs.ledger import Ledger


async def free_the_dead(ledger: Ledger, folder: Path) -> int:
    """Let others have it; answers how many items. `folder` holds the pipes. Raises StoreUnavailable."""
    total = 0
    for name in pipes.dead(folder):
        total += await ledger.release_all(name)
        pipes.bury(folder, name)
    return total
