"""From the name a user types to the version that runs; a model that is not here is pulled, where that is allowed."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from image_tagger.domain.errors import ModelUnavailable, TaggerError
from image_tagger.domain.recognition import VERSION
from image_tagger.domain.specs import Version
from image_tagger.models.catalog import Catalog
from image_tagger.models.names import ModelName
from image_tagger.models.pulling.process import PullProcess

FAILURES = 1000  # remembered at a time
AT_A_TIME = 2  # models being pulled; more wait


@dataclass(frozen=True, slots=True)
class PullRules:
    """Which models a name may bring here, and how long they and their failures take.

    patterns: names or shell patterns such as `timm/*`, without revisions; none means every model.
    """

    patterns: tuple[str, ...] = ()
    wait_seconds: float = 120.0
    remember_seconds: float = 60.0

    def allow(self, name: ModelName) -> bool:
        """Whether a name may bring this model."""
        return not self.patterns or any(fnmatchcase(name.repository, pattern) for pattern in self.patterns)


Find = Callable[[str], Version]


class Resolver:
    """Finds versions by name; without a `pull` only what is installed. Belongs to the event loop of its first use.

    registered: finds those that users registered, by names that begin with `version:`; it blocks.
    """

    def __init__(
        self,
        catalog: Catalog,
        pull: PullProcess | None = None,
        rules: PullRules | None = None,
        registered: Find | None = None,
    ) -> None:
        self._catalog = catalog
        self._registered = registered
        self._pull = pull
        self._rules = rules or PullRules()
        self._pulling: dict[ModelName, asyncio.Task[None]] = {}
        self._failures: OrderedDict[ModelName, tuple[float, TaggerError]] = OrderedDict()
        self._places = asyncio.Semaphore(AT_A_TIME)

    async def version(self, name: str) -> Version:
        """What a name means; the empty one is the default model.

        However many ask, a model is pulled once, and a caller who leaves does not stop it. A failure is the answer for
        a while. Raises UnknownModel, InvalidModel, MissingExtra, and ModelUnavailable with the command that pulls it.
        """
        if self._registered is not None and name.startswith(VERSION):
            return await asyncio.to_thread(self._registered, name)
        try:
            return self._catalog.version(name)
        except ModelUnavailable as error:
            await self._bring(self._catalog.wanted(name), error)
        return self._catalog.version(name)

    async def close(self) -> None:
        """Stop what is being pulled; it can be resumed."""
        for task in self._pulling.values():
            task.cancel()
        await asyncio.gather(*self._pulling.values(), return_exceptions=True)

    async def _bring(self, name: ModelName, missing: ModelUnavailable) -> None:
        if self._pull is None or not self._rules.allow(name):
            raise _unavailable(f"{missing}, and requests may not fetch it", name)
        if (failure := self._remembered(name)) is not None:
            raise failure
        if name not in self._pulling:
            self._pulling[name] = asyncio.create_task(self._pull_once(self._pull, name))
        task = self._pulling[name]
        done, _ = await asyncio.wait({task}, timeout=self._rules.wait_seconds)  # it goes on when a caller leaves
        if not done:
            raise ModelUnavailable(f"the model {str(name)!r} is being fetched; ask again in a while", retry_after=5)
        if (failure := self._remembered(name)) is not None:
            raise failure

    async def _pull_once(self, pull: PullProcess, name: ModelName) -> None:
        try:
            async with self._places:
                await pull.run(name)
        except TaggerError as error:
            self._failures[name] = (time.monotonic() + self._rules.remember_seconds, _advised(error, name))
            if len(self._failures) > FAILURES:
                self._failures.popitem(last=False)
        finally:
            del self._pulling[name]

    def _remembered(self, name: ModelName) -> TaggerError | None:
        until, error = self._failures.get(name, (0.0, None))
        if error is not None and time.monotonic() >= until:
            del self._failures[name]
            return None
        return error


def _advised(error: TaggerError, name: ModelName) -> TaggerError:
    return _unavailable(str(error), name) if isinstance(error, ModelUnavailable) else error


def _unavailable(reason: str, name: ModelName) -> ModelUnavailable:
    return ModelUnavailable(f"{reason}; `image-tagger models pull {name}` fetches it")
