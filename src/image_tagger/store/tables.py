"""Every table of the database; whoever adds one adds it to the migrations, too."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

ID = BigInteger().with_variant(Integer, "sqlite")  # in SQLite only INTEGER is the table's own key

jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("parameters", JSON(none_as_null=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("then", String(64)),
    Column("listing", Boolean, nullable=False),
    Column("cancelling", Boolean, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error_kind", String(64)),
    Column("error", Text),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("ended", Double),
    Index("jobs_ended", "ended"),
)

items = Table(
    "items",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("job_id", BigInteger, ForeignKey("jobs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text),
    Column("queue", String(64), nullable=False),
    Column("payload", JSON(none_as_null=True), nullable=False),
    Column("state", String(16), nullable=False),
    Column(
        "due", Double
    ),  # when it may be claimed: a waiting one's turn, a running one's end of lease; none when ended
    Column("token", String(64)),  # of the claim that holds it
    Column("claims", Integer, nullable=False),
    Column("errors", Integer, nullable=False),  # claims that ended with an error that may pass
    Column("result", JSON(none_as_null=True)),
    Column("error_kind", String(64)),
    Column("error", Text),
    UniqueConstraint("job_id", "number", name="items_number"),
    Index(
        "items_key",
        "job_id",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
        postgresql_where=text("key IS NOT NULL"),
    ),
    Index(
        "items_due",
        "queue",
        "number",
        "due",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
    Index(
        "items_failed",
        "job_id",
        "number",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    sqlite_autoincrement=True,
)

networks = Table(
    "networks",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("framework", String(64), nullable=False),
    Column("preprocessing", JSON, nullable=False),
    Column("postprocessings", JSON, nullable=False),
    Column("task_id", BigInteger),
    Column("state", String(16), nullable=False),
    Column("findings", JSON(none_as_null=True)),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    sqlite_autoincrement=True,
)

network_files = Table(
    "network_files",
    metadata,
    Column("network_id", ID, ForeignKey("networks.id"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("network_files_sha256", "sha256"),
)

specifications = Table(
    "specifications",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("outputs", JSON, nullable=False),
    Column("current_version_id", BigInteger),  # of a version of its own; versions name it, so it names none in SQL
    Column("updated", Double, nullable=False),
    sqlite_autoincrement=True,
)

versions = Table(
    "versions",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("specification_id", ID, ForeignKey("specifications.id"), nullable=False),
    Column("network_id", ID, ForeignKey("networks.id"), nullable=False),
    Column("post_processings", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("versions_specification_id", "specification_id"),
    Index("versions_network_id", "network_id"),
    sqlite_autoincrement=True,
)

removed_resources = Table(  # so that an id that was removed is told from one that never was
    "removed_resources",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),  # never used twice, since pages of a search go by it
    Column("key", Text, nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger),
    Column("modified", Double),
    Column("fingerprint", BigInteger),  # signed
    Index("pictures_sha256", "sha256"),
    sqlite_autoincrement=True,
)

labels = Table(
    "labels",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("model", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("model", "name", name="labels_name"),
    sqlite_autoincrement=True,
)

results = Table(
    "results",
    metadata,
    Column("picture_id", ID, ForeignKey("pictures.id"), primary_key=True),
    Column("label_id", ID, ForeignKey("labels.id"), primary_key=True),
    Column("score", Double, nullable=False),
    Column("strength", Integer, nullable=False),  # of the score, see `searching.strength`
    # covers: a search reads nothing else; rows of new pictures go to few places, since there are few strengths
    Index("results_found", "label_id", "strength", "picture_id", "score"),
    sqlite_with_rowid=False,
)

known_files = Table(  # what was found in files, so that those that have not changed are not looked at again
    "known_files",
    metadata,
    Column("manner", String(16), primary_key=True),  # of the model and of what it was asked
    Column("origin", String(32), primary_key=True),  # of the file's place
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),  # nanoseconds since 1970
    Column("sha256", String(64), nullable=False),
    Column("labels", JSON, nullable=False),
    Index("known_files_sha256", "sha256"),
    sqlite_with_rowid=False,
)
