"""Pulls a model in a process of its own, so that what this takes in libraries and memory is gone afterwards."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from image_tagger.domain import errors
from image_tagger.domain.errors import ModelUnavailable, TaggerError
from image_tagger.models.names import ModelName
from image_tagger.models.pulling.terms import Terms

COMMAND = (sys.executable, "-m", "image_tagger.models.pulling.puller")


class PullProcess:
    """Pulls models onto the shelf in `folder`, in at most `seconds` each."""

    def __init__(self, folder: Path, terms: Terms, *, seconds: float) -> None:
        self._folder = folder
        self._terms = terms
        self._seconds = seconds

    async def run(self, name: ModelName) -> None:
        """Pull one model, or find that another process has done so. When cancelled, the process ends, too.

        Raises what `Puller.pull` raises, and ModelUnavailable where the process fails or takes too long.
        """
        process = await asyncio.create_subprocess_exec(*COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        try:
            async with asyncio.timeout(self._seconds):
                written, _ = await process.communicate(self._asked(name))
        except TimeoutError as error:
            raise ModelUnavailable(
                f"the model {str(name)!r} takes longer than {self._seconds:.0f} s to fetch"
            ) from error
        finally:
            await _ended(process)
        if process.returncode or not written:
            raise ModelUnavailable(
                f"the model {str(name)!r} cannot be used: its files ended the process that read them"
            )
        if (refusal := _error_of(json.loads(written))) is not None:
            raise refusal

    def _asked(self, name: ModelName) -> bytes:
        """What `puller.main` reads; the token goes this way, since others can see a command and its environment."""
        terms = self._terms
        asked = {"name": str(name), "folder": str(self._folder), "spare": str(terms.spare), "token": terms.token}
        return json.dumps({**asked, "max_bytes": terms.max_bytes}).encode()


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _error_of(outcome: dict[str, str]) -> TaggerError | None:
    """The error that `puller.main` described, if any."""
    if not outcome:
        return None
    kind = getattr(errors, outcome["kind"], ModelUnavailable)
    error: TaggerError = kind(outcome["text"])
    return error
