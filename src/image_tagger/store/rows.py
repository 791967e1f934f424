"""Many rows written by one statement without SQLAlchemy's work for each of them, which takes longer than SQLite's."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect


def write_rows(connection: Connection, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run the statement with each of the rows, which have its parameters as the driver takes them: JSON as text.

    The statement is remembered: it must be one of a few that are made once.
    """
    if not rows:
        return
    text, names = _compiled(statement, connection.dialect)
    if names is None:
        connection.exec_driver_sql(text, [*rows])
    else:
        connection.exec_driver_sql(text, [tuple([row[name] for name in names]) for row in rows])


@lru_cache(32)
def _compiled(statement: ClauseElement, dialect: Dialect) -> tuple[str, list[str] | None]:
    """The text, and the names of its parameters in their order where the driver has no names."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), getattr(compiled, "positiontup", None)
