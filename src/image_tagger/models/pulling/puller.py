"""Pulls a model: fetched, made into a model folder, checked, installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from image_tagger import plugins
from image_tagger.domain.errors import ModelUnavailable, TaggerError
from image_tagger.domain.specs import Version
from image_tagger.models import manifest
from image_tagger.models.adding.precision import Precision, lower
from image_tagger.models.adding.proving import Trial, prove
from image_tagger.models.huggingface.convert import convert
from image_tagger.models.names import ModelName, model_name
from image_tagger.models.opening.process import LIMITS, Limits
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from image_tagger.models.writing import rename_model

SOURCES = "image_tagger.models.sources"
HUB, FOLDER = "huggingface", "folder"
AS_IT_IS = Precision()


class Puller:
    """Installs models on a shelf, one at a time for each name. All methods block.

    limits: for what is opened in another process: networks of folders that describe themselves.
    """

    def __init__(self, shelf: Shelf, terms: Terms, limits: Limits = LIMITS) -> None:
        self._shelf = shelf
        self._terms = terms
        self._limits = limits

    def pull(self, name: ModelName, precision: Precision = AS_IT_IS, *, newest: bool = True) -> Version:
        """The model from the hub; without `newest`, what another has pulled meanwhile is good enough.

        Raises UnknownModel, InvalidModel, MissingExtra and ModelUnavailable, each naming the model and the reason.
        """
        with _told(name), self._shelf.reserved(name) as work:
            if not newest and (version := self._shelf.version(name)):
                return version
            spare = self._terms.spare / name.folder
            source = _source(HUB, str(name), work, replace(self._terms, spare=spare))
            version = self._installed(name, source, work, precision)
            shutil.rmtree(spare, ignore_errors=True)  # what was fetched is in the model's folder now
            return version

    def pull_folder(self, folder: Path, name: ModelName, precision: Precision = AS_IT_IS) -> Version:
        """The model in a folder of this machine, under this name. Raises InvalidModel and MissingExtra."""
        with _told(name), self._shelf.reserved(name) as work:
            return self._installed(name, _source(FOLDER, str(folder), work, self._terms), work, precision)

    def _installed(self, name: ModelName, source: Path, work: Path, precision: Precision) -> Version:
        """The version, made of the source's files unless the shelf has this revision already.

        What has a lower precision is made again, since it may have been allowed to differ more.
        """
        revision = precision.revision(source.name)
        if not precision.lower and self._shelf.find(ModelName(name.repository, revision)):
            self._shelf.pin(name, revision)
        else:
            prepared = work / "prepared"
            self._prepare(source, prepared, name)
            if precision.lower:
                lower(prepared, precision, self._limits)
            self._shelf.add(name, revision, prepared)
        if (version := self._shelf.version(name)) is None:
            raise ModelUnavailable("it vanished while it was being installed")
        return version

    def _prepare(self, source: Path, prepared: Path, name: ModelName) -> None:
        if not (source / manifest.NAME).is_file():
            convert(source, prepared, name)
            return
        prove(Trial(source), "its network", self._limits)
        rename_model(source, name.repository)
        source.rename(prepared)


def _source(kind: str, location: str, work: Path, terms: Terms) -> Path:
    fetched: Path = plugins.load(SOURCES, kind).fetch(location, work, terms)
    return fetched


@contextmanager
def _told(name: ModelName) -> Iterator[None]:
    """Puts the model's name before the reason of an error."""
    try:
        yield
    except TaggerError as error:
        raise type(error)(f"the model {str(name)!r} cannot be used: {error}") from error


def pulled(asked: dict[str, Any]) -> dict[str, Any]:
    """Pull what the JSON values describe, unless another process has done so."""
    terms = Terms(Path(asked["spare"]), asked["token"], asked["max_bytes"])
    Puller(Shelf(Path(asked["folder"])), terms).pull(model_name(asked["name"]), newest=False)
    return {}
