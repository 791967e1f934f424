"""Brings a database to this release's tables; the migrations are imported only where it is not there yet."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from image_tagger.domain.errors import StoreUnavailable

HEAD = "0001"  # the latest revision in migrations/versions
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x1A6E_7A66  # of PostgreSQL's advisory locks: one process migrates, others wait


def bring_up_to_date(engine: Engine, *, migrations: Path = MIGRATIONS, head: str = HEAD) -> None:
    """All tables as this release has them; all or nothing. `engine` begins transactions that write.

    Raises StoreUnavailable for a database of a newer release; errors of the database as SQLAlchemy has them.
    """
    with engine.begin() as connection:
        if _revision(connection) == head:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _revision(connection) != head:
            _migrate(connection, migrations, head)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, migrations: Path, head: str) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second that servers with a current database do not need
    from alembic.config import Config  # noqa: PLC0415 - the same
    from alembic.util import CommandError  # noqa: PLC0415 - the same

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    try:
        command.upgrade(config, head)
    except CommandError as error:  # it does not know the revision that the database has
        raise StoreUnavailable("the database was made by a newer release of Image Tagger", retry_after=None) from error
