"""A PostgreSQL of the tests' own: made in a temporary folder, reached over a socket in it, gone when they are done."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL

from server.records.address import parse_address
from tests.waiting import PATIENCE_S

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"
PLACE = Path("/tmp")  # noqa: S108  (a socket's name is short, and its folder open to USER; TMPDIR may be neither)
SETTINGS = {"listen_addresses": "", "fsync": "on", "max_connections": "60", "shared_buffers": "32MB"}


def tools() -> Path | str:
    """The folder of initdb and pg_ctl, or why there is none that will do."""
    if os.geteuid() == 0 and USER not in {user.pw_name for user in pwd.getpwall()}:
        return f"PostgreSQL refuses to run as root, and there is no user {USER} (Debian: apt install postgresql)"
    homes = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    for home in homes:
        if Path(f"/usr/share/postgresql/{home.parts[-3]}/extension/postgis.control").is_file():
            return home.parent
    if homes:
        return "PostgreSQL is here, but not PostGIS (Debian: apt install postgresql-postgis)"
    return "PostgreSQL is not installed (Debian: apt install postgresql postgresql-postgis)"


class Cluster:
    """One running server of PostgreSQL. Databases are copied from a template, which takes a tenth of making one."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self._folder = folder
        self._tools = tools
        self._count = 0

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        self._run("pg_ctl", "start", "-w", "-t", str(round(PATIENCE_S)), "-o", f"{options} -k {self._folder}")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "stop", "-w", "-m", how)

    @property
    def pid(self) -> int:
        """The process that all others of the cluster are children of."""
        return int((self._folder / "cluster" / "postmaster.pid").read_text().split()[0])

    def create(self, template: str = "template1") -> str:
        """A new database, a copy of another one that nobody uses at the moment; its name."""
        self._count += 1
        name = f"town_{self._count}"
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def address(self, name: str) -> URL:
        return parse_address(self.text(name))

    def text(self, name: str) -> str:
        """The address as a person writes it."""
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def _run(self, tool: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        user = USER if os.geteuid() == 0 else None
        done = subprocess.run(
            [self._tools / tool, "-D", self._folder / "cluster", *arguments],
            cwd=self._folder,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdout=subprocess.DEVNULL,  # the server keeps what it inherits open
            stderr=subprocess.DEVNULL,
            check=False,
        )
        log = self._folder / "cluster" / "log"
        assert done.returncode == 0, f"{tool} ended with {done.returncode}; see {log}"


@contextmanager
def cluster(tools: Path) -> Iterator[Cluster]:
    """A new cluster that runs as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="steward-pg-", dir=PLACE))
    if os.geteuid() == 0:
        owner = pwd.getpwnam(USER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    made = Cluster(folder, tools)
    try:
        made._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
