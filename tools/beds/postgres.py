"""PostgreSQL in a folder of its own, on a free loopback port.

    with Postgres(folder) as postgres:
        postgres.url                    # "postgresql://latecomer@127.0.0.1:…/latecomer"
        postgres.kill(); postgres.start()
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

import server

_START_S_MAX = 60
USER = DATABASE = "latecomer"


class Postgres:
    """A server in `folder`, which is made; data that is in it already is used again.

    fsync: whether a crash of the machine would lose nothing (kill -9 never does).
    via: the port that url names (a proxy's) instead of the server's own. lasting: see server.py.
    """

    def __init__(self, folder, fsync=False, port=None, via=None, settings=None, lasting=False):
        self.folder = pathlib.Path(folder)
        self._programs = program_folder()
        self.port = port or server.PORTS.take()
        self._via = via
        self.database = DATABASE
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "32MB",
            "fsync": "on" if fsync else "off",
        } | (settings or {})
        command = [self._programs / "postgres", "-D", self.folder / "data", "-p", self.port]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = server.Server("PostgreSQL", command, self.folder / "log", user_nobody=True,
                                     lasting=lasting)

    @property
    def url(self):
        return self.url_of(self.database)

    def url_of(self, database):
        return self._url(self._via or self.port, database)

    @property
    def direct(self):
        return self._url(self.port, self.database)

    @staticmethod
    def _url(port, database):
        return f"postgresql://{USER}@127.0.0.1:{port}/{database}"

    def start(self):
        """Makes the database where there is none, starts, and waits until it answers."""
        new = not (self.folder / "data" / "PG_VERSION").exists()
        if new:
            self._make()
        try:
            self.process.start()
            self.process.wait(self._answers, _START_S_MAX)
            if new:
                self.create_database(self.database)
        except BaseException:
            self.process.kill()
            raise
        return self

    def _make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        server.give_to_nobody(self.folder)
        server.run(
            [self._programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", USER,
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            self.folder / "initdb.log", "initdb", user_nobody=True)

    def create_database(self, name):
        """An empty one beside the others."""
        server.run([self._programs / "psql", "-qX", "-d", self._url(self.port, "postgres"), "-c",
                    f"CREATE DATABASE {name}"], self.folder / "initdb.log", "CREATE DATABASE")

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                pass
        except OSError:
            return False
        return subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            stdin=subprocess.DEVNULL, check=False).returncode == 0

    def tables(self, database=None):
        return self.query("SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables WHERE "
                          "schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
                          database)

    def rows(self, database=None):
        """How many rows each table has."""
        return {table: int(self.query(f"SELECT count(*) FROM {table}", database)[0])
                for table in self.tables(database)}

    def dump(self, database=None):
        """All rows of all tables, as text."""
        return "\n".join(line for table in self.tables(database)
                         for line in self.query(f"SELECT * FROM {table}", database))

    def query(self, sql, database=None):
        """Rows, as text with | between columns."""
        return subprocess.run(
            [self._programs / "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d",
             self._url(self.port, database or self.database), "-c", sql],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            check=True).stdout.splitlines()

    # The server's processes: one a connection, besides its own.
    def pause(self):
        self.process.pause()

    def resume(self):
        self.process.resume()

    def kill(self):
        """kill -9 of the server; its other processes see that and end, which is waited for."""
        others = server.descendants(self.process.pid) if self.process.alive() else []
        for pid in others:
            _signal(pid, signal.SIGCONT)
        self.process.kill()
        for pid in others:
            _signal(pid, signal.SIGQUIT)
        server.wait_gone(others)

    def stop(self):
        # INT: TERM would wait for every client to leave.
        self.process.stop(signal.SIGINT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.process.resume()
        self.process.stop(signal.SIGQUIT)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def program_folder():
    """Debian keeps initdb and postgres off PATH."""
    found = shutil.which("pg_config")
    if found:
        folder = subprocess.run([found, "--bindir"], capture_output=True, text=True,
                                check=True).stdout.strip()
        if os.access(f"{folder}/postgres", os.X_OK):
            return pathlib.Path(folder)
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if os.access(folder / "postgres", os.X_OK):
            return folder
    raise server.BedError("PostgreSQL's server is not here: install Debian's postgresql-15")
