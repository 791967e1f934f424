"""The Hugging Face hub, or whatever speaks its protocol at `HF_ENDPOINT`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from image_tagger.domain.errors import InvalidModel, ModelUnavailable, TaggerError, UnknownModel
from image_tagger.models.huggingface.files import CONFIG, needed_files
from image_tagger.models.names import ModelName, model_name
from image_tagger.models.pulling.terms import Terms

if TYPE_CHECKING:
    from huggingface_hub import HfApi

YES = frozenset({"1", "on", "yes", "true"})


def fetch(location: str, into: Path, terms: Terms) -> Path:
    """The files of `owner/name` or `owner/name@revision` that are needed, in a new folder named by the commit.

    Blocks. Unfinished downloads are resumed. What this machine's cache of the hub has is not fetched again, and is all
    that is looked at where `HF_HUB_OFFLINE` is set or the hub does not answer. Raises UnknownModel, InvalidModel for a
    repository that cannot run or is too large, and ModelUnavailable where hub and cache are of no help.
    """
    name = model_name(location)
    if _offline():
        return _from_cache(name, into, terms, "the hub is not to be asked (HF_HUB_OFFLINE)")
    try:
        return _from_hub(name, into, terms)
    except TaggerError:
        raise
    except Exception as error:  # noqa: BLE001 - the hub's library raises its own errors, those of HTTP and of files
        return _otherwise(error, name, lambda reason: _from_cache(name, into, terms, reason))


def _from_hub(name: ModelName, into: Path, terms: Terms) -> Path:
    from huggingface_hub import HfApi, hf_hub_download  # noqa: PLC0415 - it takes long to import and is seldom used

    api = HfApi(endpoint=_endpoint(), token=terms.token)
    commit, sizes = _listing(api, name)
    needed = needed_files(sizes)
    total = sum(sizes[file] for file in needed)
    if total > terms.max_bytes:
        raise InvalidModel(f"it has {total} bytes; at most {terms.max_bytes} are fetched")
    asking: dict[str, Any] = {"cache_dir": _cache(terms), "endpoint": _endpoint(), "token": terms.token}
    for file in reversed(needed):  # so that config.json, which the cache is asked for, comes when all else is there
        found = hf_hub_download(name.repository, file, revision=commit, tqdm_class=_bar(terms), **asking)
        _link(Path(found), into / commit / file)
    hf_hub_download(name.repository, CONFIG, revision=name.revision or None, **asking)  # notes what the revision means
    return into / commit


def _listing(api: "HfApi", name: ModelName) -> tuple[str, dict[str, int]]:
    """The commit that a revision means now, and the size of every file."""
    info = api.model_info(name.repository, revision=name.revision or None, files_metadata=True)
    if not info.sha:
        raise ModelUnavailable("the hub does not say which commit it has")
    return info.sha, {file.rfilename: file.size or 0 for file in info.siblings or ()}


def _from_cache(name: ModelName, into: Path, terms: Terms, reason: str) -> Path:
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - as above

    config = try_to_load_from_cache(name.repository, CONFIG, cache_dir=_cache(terms), revision=name.revision or None)
    if not isinstance(config, str):
        raise ModelUnavailable(f"{reason}, and its files are not on this machine")
    snapshot = Path(config).parent
    names = [path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()]
    try:
        needed = needed_files(names)
    except InvalidModel as error:
        raise ModelUnavailable(f"{reason}, and only some of its files are on this machine") from error
    for file in needed:
        _link(snapshot / file, into / snapshot.name / file)
    return into / snapshot.name


def _otherwise(error: Exception, name: ModelName, look_in_cache: Callable[[str], Path]) -> Path:
    from huggingface_hub import errors  # noqa: PLC0415 - as above

    match error:
        case errors.GatedRepoError():
            raise ModelUnavailable("its owner asks for consent: give it on the hub, and set a token") from error
        case errors.RepositoryNotFoundError():
            raise UnknownModel(
                f"the hub has no model {name.repository!r} that may be read without another token"
            ) from error
        case errors.RevisionNotFoundError():
            raise UnknownModel(f"the model {name.repository!r} has no revision {name.revision!r}") from error
        case errors.HfHubHTTPError():
            return look_in_cache(f"the hub answers with status {error.response.status_code}")
        case OSError() if error.filename:  # of a file here: the hub's own errors name none
            raise ModelUnavailable(f"it cannot be stored: {error.strerror}") from error
    return look_in_cache("the hub cannot be reached")


def _endpoint() -> str | None:
    """Read at each call; the library reads it once, when it is imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in YES


def _cache(terms: Terms) -> Path:
    """The hub's cache of this machine where there is one or one is named; else a place of our own."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    cache = Path(named) if named else home / "hub"
    return cache if named or "HF_HOME" in os.environ or cache.is_dir() else terms.spare


def _bar(terms: Terms) -> Any:
    """The class of progress bars: the library's own, on standard error, or one that shows nothing."""
    from huggingface_hub.utils import tqdm  # noqa: PLC0415 - as above

    class Silent(tqdm):  # type: ignore[misc]  # the library is not looked into
        """Shows nothing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})

    return tqdm if terms.progress else Silent


def _link(source: Path, target: Path) -> None:
    """The cache holds links to its files; a second name costs nothing where both are on one disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
