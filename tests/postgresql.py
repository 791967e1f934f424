"""A throw-away PostgreSQL cluster, where its programs are installed."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
from itertools import count
from pathlib import Path

import psycopg

USER = "image_tagger"
PASSWORD = "a secret"  # noqa: S105 - of a database that lives as long as the tests
UNPRIVILEGED = ("postgres", "nobody")  # who runs the cluster where the tests are run by root
OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=40"


class Cluster:
    """A PostgreSQL server of one's own on a free port of the loopback address."""

    def __init__(self, programs: Path, folder: Path, *, durable: bool = False) -> None:
        """Unless it is `durable`, it does not wait for the disk."""
        self._options = OPTIONS if durable else f"{OPTIONS} -c fsync=off"
        self._programs = programs
        self._data = folder / "data"
        self._user = _unprivileged()
        self._numbers = count()
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        given = ["-U", USER, f"--pwfile={folder / 'password'}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]
        self._run("initdb", "-D", str(self._data), "--no-sync", *given)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        log = str(self._data / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-o", f"{self._options} -p {self._port}", "start")

    def stop(self) -> None:
        """As a power cut would."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self._port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            user=self._user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
            stderr=subprocess.DEVNULL,
        )


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; Debian keeps those of every version in a folder of its own."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to be run by root."""
    if getpass.getuser() != "root" and os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
