"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables in an empty database."""
    _make_jobs()
    _make_items()
    _make_networks()
    _make_specifications()
    _make_versions()
    _make_known_files()
    _make_results()


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("then", sa.String(64)),
        sa.Column("listing", sa.Boolean, nullable=False),
        sa.Column("cancelling", sa.Boolean, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("error_kind", sa.String(64)),
        sa.Column("error", sa.Text),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
    )
    op.create_index("jobs_ended", "jobs", ["ended"])


def _make_items() -> None:
    op.create_table(
        "items",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("job_id", sa.BigInteger, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.Double),
        sa.Column("token", sa.String(64)),
        sa.Column("claims", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("error_kind", sa.String(64)),
        sa.Column("error", sa.Text),
        sa.UniqueConstraint("job_id", "number", name="items_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("items_key", "items", ["job_id", "key"], unique=True, **_only("key IS NOT NULL"))
    op.create_index("items_failed", "items", ["job_id", "number"], **_only("state = 'failed'"))
    op.create_index("items_due", "items", ["queue", "number", "due"], **_only("due IS NOT NULL"))


def _make_networks() -> None:
    op.create_table(
        "networks",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("framework", sa.String(64), nullable=False),
        sa.Column("preprocessing", sa.JSON, nullable=False),
        sa.Column("postprocessings", sa.JSON, nullable=False),
        sa.Column("task_id", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("findings", sa.JSON),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "network_files",
        sa.Column("network_id", ID, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index("network_files_sha256", "network_files", ["sha256"])


def _make_specifications() -> None:
    op.create_table(
        "specifications",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("outputs", sa.JSON, nullable=False),
        sa.Column("current_version_id", sa.BigInteger),
        sa.Column("updated", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )


def _make_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("specification_id", ID, sa.ForeignKey("specifications.id"), nullable=False),
        sa.Column("network_id", ID, sa.ForeignKey("networks.id"), nullable=False),
        sa.Column("post_processings", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("versions_specification_id", "versions", ["specification_id"])
    op.create_index("versions_network_id", "versions", ["network_id"])
    op.create_table(
        "removed_resources",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    )


def _make_results() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("modified", sa.Double),
        sa.Column("fingerprint", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("pictures_sha256", "pictures", ["sha256"])
    op.create_table(
        "labels",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("model", "name", name="labels_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "results",
        sa.Column("picture_id", ID, sa.ForeignKey("pictures.id"), primary_key=True),
        sa.Column("label_id", ID, sa.ForeignKey("labels.id"), primary_key=True),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("strength", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("results_found", "results", ["label_id", "strength", "picture_id", "score"])


def _make_known_files() -> None:
    op.create_table(
        "known_files",
        sa.Column("manner", sa.String(16), primary_key=True),
        sa.Column("origin", sa.String(32), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("known_files_sha256", "known_files", ["sha256"])


def _only(condition: str) -> dict[str, Any]:
    return {f"{database}_where": sa.text(condition) for database in ("sqlite", "postgresql")}
