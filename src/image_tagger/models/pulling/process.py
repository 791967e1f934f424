"""Pulls a model in a process of its own, so that what this takes in libraries and memory is gone afterwards."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import ModelUnavailable
from image_tagger.models.names import ModelName
from image_tagger.models.opening.process import COMMAND, LIMITS, Limits, answer_of, order_for
from image_tagger.models.pulling.terms import Terms


class PullProcess:
    """Pulls models onto the shelf in `folder`, within the limits each; `limits.seconds` are for the download, too."""

    def __init__(self, folder: Path, terms: Terms, limits: Limits = LIMITS) -> None:
        self._folder = folder
        self._terms = terms
        self._limits = limits

    async def run(self, name: ModelName) -> None:
        """Pull one model, or find that another process has done so. When cancelled, the process ends, too.

        Raises what `Puller.pull` raises, InvalidModel where it needs too much memory, and ModelUnavailable where the
        process fails or takes too long.
        """
        process = await asyncio.create_subprocess_exec(*COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        try:
            async with asyncio.timeout(self._limits.seconds):
                written, _ = await process.communicate(self._order(name))
        except TimeoutError as error:
            raise ModelUnavailable(
                f"the model {str(name)!r} takes longer than {self._limits.seconds:.0f} s to fetch"
            ) from error
        finally:
            await _ended(process)
        if process.returncode or not written:
            raise ModelUnavailable(
                f"the model {str(name)!r} cannot be used: its files ended the process that read them"
            )
        answer_of(written)

    def _order(self, name: ModelName) -> bytes:
        """What `puller.pulled` reads; the token goes this way, since others can see a command and its environment."""
        terms = self._terms
        asked: dict[str, Any] = {"called": f"the model {str(name)!r}", "name": str(name), "folder": str(self._folder)}
        asked |= {"spare": str(terms.spare), "token": terms.token, "max_bytes": terms.max_bytes}
        return order_for("pulling.puller:pulled", asked, self._limits)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
