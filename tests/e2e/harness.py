"""What the end-to-end tests share: the executable, its processes, folders of their own.

LATECOMER_BIN names the executable. Every process that is started here is ended by its own pid, at
the latest when its test ends. Nothing is printed while all is well.
"""

import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

TAG = "openday"
BIN = os.environ.get("LATECOMER_BIN", "")
STOP_S_MAX = 2.0  # how long SIGTERM may take
# A machine that does other things besides starves a process for a while; what is bounded below is
# bounded with this on top.
SLACK_S = float(os.environ.get("LATECOMER_E2E_SLACK_S", "1"))

# peak_kib: the most memory that was resident (VmHWM).
Outcome = collections.namedtuple("Outcome", "rc out err peak_kib seconds")


class Process:
    """A running `latecomer`. Its output goes to files, so that it never waits for a reader."""

    def __init__(self, arguments, stdin=None, stdout=None, limits=None, cwd=None, env=None):
        self.arguments = [BIN, *map(str, arguments)]
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self._started = time.monotonic()
        self._child = subprocess.Popen(
            self.arguments,
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=stdout if stdout is not None else self._out,
            stderr=self._err,
            preexec_fn=limits,
            cwd=cwd,
            env=os.environ | env if env else None,
        )
        self.pid = self._child.pid
        self.outcome = None

    def alive(self):
        return self.poll() is None

    def poll(self):
        """The Outcome of a process that has ended, else None."""
        if self.outcome is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid != 0:
                self._child.returncode = os.waitstatus_to_exitcode(status)
                self.outcome = Outcome(
                    self._child.returncode,
                    _read(self._out),
                    self.err(),
                    usage.ru_maxrss,
                    time.monotonic() - self._started,
                )
                self._out.close()
                self._err.close()
        return self.outcome

    def err(self):
        return self.outcome.err if self.outcome else _read(self._err)

    def send(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, seconds=60):
        until = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > until:
                self.end()
                raise AssertionError(f"{self} had not ended after {seconds} s\n{self.err()}")
            time.sleep(0.003)
        return self.outcome

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Asks it to end; the Outcome's `seconds` count from now."""
        asked = time.monotonic()
        self.send(number)
        outcome = self.wait(seconds)
        return outcome._replace(seconds=time.monotonic() - asked)

    def end(self):
        """With no regard for it."""
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
            while self.poll() is None:
                time.sleep(0.003)

    def __str__(self):
        return "latecomer " + " ".join(self.arguments[1:])


def _read(file):
    """All of it, without moving the place at which the child writes."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode("utf-8", "replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=60):
    """Gives what `condition` gives once that is true."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not so after {seconds} s")
        time.sleep(0.02)


def public_data(name):
    """A folder of public data that is not shipped, or None."""
    source = pathlib.Path(__file__).resolve().parents[2]
    base = pathlib.Path(os.environ.get("LATECOMER_DATA", source / "../shared/data"))
    return base / name if (base / name).exists() else None


def status_of(port, path):
    with Get(port, path) as answer:
        return answer.status


class Get:
    """One GET, its answer read or streamed."""

    def __init__(self, port, path, seconds=20):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        self.connection.request("GET", path)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def json(self):
        with self:
            return json.loads(self.response.read())

    def events(self):
        """The (name, data) of each Server-Sent Event, as they come."""
        name = ""
        for line in self.response:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: "):
                yield name, json.loads(text[6:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()


class EndToEnd(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="latecomer-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.data = self.dir / "data"

    # Processes
    def start(self, *arguments, **options):
        process = Process(arguments, **options)
        self.addCleanup(process.end)
        return process

    def call(self, *arguments, rc=0, seconds=60, **options):
        """Runs to the end; fails if the exit code is another. rc=None: any but a crash."""
        process = Process(arguments, **options)
        try:
            outcome = process.wait(seconds)
        finally:
            process.end()
        expected = outcome.rc == rc if rc is not None else outcome.rc in (0, 1, 2)
        self.assertTrue(
            expected,
            f"{process}: exit code {outcome.rc}, not {rc}\n"
            f"stderr: {outcome.err[-2000:]}\nstdout: {outcome.out[-500:]}",
        )
        return outcome

    def imports(self, *files, tag=TAG, data=None, **options):
        return self.call("import", "--data", data or self.data, "--hashtag", tag, *files, **options)

    def run_until_idle(self, data=None, config=None, **options):
        return self.call(
            "run",
            "--data",
            data or self.data,
            "--until-idle",
            "-c",
            config or self.settings(),
            **options,
        )

    def export(self, form="timeline", tag=TAG, data=None, config=None, **options):
        return self.call(
            "export",
            "--data",
            data or self.data,
            "--hashtag",
            tag,
            "--format",
            form,
            *(["-c", config] if config else []),
            **options,
        )

    def preview(self, *files, tag=TAG, config=None, **options):
        return self.call(
            "preview",
            "--json",
            "--hashtag",
            tag,
            *(["-c", config] if config else []),
            *files,
            **options,
        )

    def serve(self, data=None, settings=""):
        """A `run` that answers; gives it and its port."""
        port = free_port()
        config = self.settings(settings, listen=f"127.0.0.1:{port}")
        run = self.start("run", "-c", config, "--data", data or self.data)

        def answers():
            self.assertTrue(run.alive(), f"{run} has ended\n{run.err()}")
            try:
                return status_of(port, "/healthz") == 200
            except OSError:
                return False

        wait_until(answers, f"{run} answers /healthz")
        return run, port

    # Files
    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def settings(self, text="", listen=None):
        """A file of settings. Without `listen` a Unix socket, which takes nobody's port."""
        listen = listen or str(self.dir / "http.sock")
        number = len(list(self.dir.glob("settings*.toml")))
        return self.write(f"settings{number}.toml", f'[replay]\nlisten = "{listen}"\n{text}\n')

    # Checks
    def assert_same_timeline(self, actual, expected, what):
        """Byte for byte; names the first line that differs."""
        if actual == expected:
            return
        ours, theirs = actual.splitlines(), expected.splitlines()
        for number, (a, b) in enumerate(zip(ours, theirs), 1):
            if a != b:
                self.fail(
                    f"{what}: line {number} differs\n is:        {a[:900]}\n should be: {b[:900]}"
                )
        self.fail(f"{what}: {len(ours)} lines, not {len(theirs)}")

    def assert_store_holds(self, files, what, tag=TAG, config=None):
        expected = self.preview(*files, tag=tag, config=config).out
        self.assertIn('"kind":"entry"', expected, "nothing to compare with")
        self.assert_same_timeline(self.export(tag=tag, config=config).out, expected, what)

    def counts(self, outcome):
        """What `--json` says on the last line of stderr."""
        return json.loads(outcome.err.splitlines()[-1])

    def posts_in_stream(self):
        """How many records `posts` holds, for a stream that nobody has open."""
        with sqlite3.connect(f"file:{self.data}/stream.db?mode=ro", uri=True) as stream:
            return stream.execute(
                "SELECT sum(end_offset) FROM partitions JOIN topics ON topics.id = topic_id "
                "WHERE name = 'latecomer.posts'"
            ).fetchone()[0]


def main():
    if not BIN or not os.access(BIN, os.X_OK):
        sys.exit("LATECOMER_BIN has to name the executable")
    # Quiet unless something fails: then unittest prints it.
    program = unittest.main(exit=False, verbosity=0)
    sys.exit(0 if program.result.wasSuccessful() else 1)
