"""The query string of `/v1/images`: labels or a search, and a page of what is found."""

from collections.abc import Callable
from typing import TypeVar

from starlette.datastructures import QueryParams

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.finding import MOST_LABELS, And, Expression, Label, read_search
from image_tagger.domain.results import LEAST, PAGE, Search

N = TypeVar("N", int, float)
KNOWN = frozenset({"label", "q", "min", "model", "limit", "after"})


class WrongParameters(InvalidRequest):
    """A parameter is missing, unknown, out of its range or no number."""


def read_search_of(query: QueryParams) -> Search:
    """What is asked for. Raises WrongParameters, and InvalidSearch for the text of a search."""
    if unknown := sorted(set(query) - KNOWN):
        raise WrongParameters(f"there is no parameter {unknown[0][:80]!r}")
    wanted = _wanted(query)
    least = _number(query, "min", float, LEAST)
    limit, after = _number(query, "limit", int, PAGE), _number(query, "after", int, 0)
    try:
        return Search(wanted, least, query.get("model", ""), limit, after)
    except InvalidRequest as error:
        raise WrongParameters(str(error)) from error


def _wanted(query: QueryParams) -> Expression:
    labels, text = query.getlist("label"), query.get("q")
    if bool(labels) == (text is not None):
        raise WrongParameters("one of label and q is needed")
    if text is not None:
        return read_search(text)
    if len(labels) > MOST_LABELS or not all(label.strip() for label in labels):
        raise WrongParameters(f"there must be at most {MOST_LABELS} labels, and none of them empty")
    found = tuple(map(Label, labels))
    return found[0] if len(found) == 1 else And(found)


def _number(query: QueryParams, name: str, kind: Callable[[str], N], otherwise: N) -> N:
    try:
        return kind(query[name]) if name in query else otherwise
    except ValueError as error:
        raise WrongParameters(f"{name} must be a number, not {query[name][:80]!r}") from error
