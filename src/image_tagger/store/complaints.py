"""What databases complain about, in our own words."""

from sqlalchemy.exc import DBAPIError

SQLITE = {
    "FULL": "the disk of the database is full",
    "BUSY": "the database is held by another process",
    "LOCKED": "the database is held by another process",
    "READONLY": "the database must not be written",
    "CANTOPEN": "the database cannot be opened",
    "IOERR": "the disk of the database fails",
    "CORRUPT": "the database is damaged",
    "NOTADB": "the file of the database is no database",
}
NOT_ALLOWED = "42501"
POSTGRESQL = {
    "53100": "the disk of the database is full",
    "53300": "the database has no connection free",
    "28P01": "the database refuses user or password",
    "28000": "the database refuses the user",
    "3D000": "the database server has no database of this name",
    NOT_ALLOWED: "the database does not allow this user to change it",
    "25006": "the database must not be written",
    "57P03": "the database is starting or stopping",
}
CONNECTING = {  # libpq passes no code on, and the words only, which a server may translate
    "password authentication failed": POSTGRESQL["28P01"],
    'role "': POSTGRESQL["28000"],
    'FATAL:  database "': POSTGRESQL["3D000"],
    "too many clients": POSTGRESQL["53300"],
    "starting up": POSTGRESQL["57P03"],
    "shutting down": POSTGRESQL["57P03"],
}
OTHER = "the database cannot be reached"


def is_refusal(error: DBAPIError) -> bool:
    """The user lacks a right, which PostgreSQL counts among the mistakes of programs."""
    return getattr(error.orig, "sqlstate", None) == NOT_ALLOWED


def reason_of(error: DBAPIError) -> str:
    """One sentence for users."""
    name = getattr(error.orig, "sqlite_errorname", "")  # SQLITE_IOERR_WRITE
    code = getattr(error.orig, "sqlstate", None) or ""
    if name:
        return SQLITE.get(name.split("_")[1], "the database fails")
    if code:
        return POSTGRESQL.get(code, OTHER if code.startswith(("08", "57")) else "the database fails")
    return next((reason for words, reason in CONNECTING.items() if words in str(error.orig)), OTHER)
