"""What the test beds share: a server as a process with a log, free ports, clean-up by pid."""

import atexit
import contextlib
import ctypes
import fcntl
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

# Below the range from which Linux takes the ports of outgoing connections: a server that is down
# for a while finds its port free when it comes back.
_PORTS = range(20_000, 32_000)


class BedError(RuntimeError):
    """A server did not do what a test bed needs. Its message says which, and ends with its log."""


def unprivileged():
    """Popen's arguments that make a child run as nobody, where this is root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give_to_nobody(path):
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def end_with_parent():
    """For preexec_fn: the kernel kills the child when this process is gone, however it went."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Ports:
    """Free loopback ports that no other bed on this machine takes: each is a locked file."""

    def __init__(self):
        self._folder = pathlib.Path(tempfile.gettempdir()) / f"latecomer-ports-{os.getuid()}"
        self._folder.mkdir(exist_ok=True)
        self._held = {}

    def take(self, preferred=None):
        """`preferred` where that is free."""
        for port in [preferred] * (preferred is not None) + random.sample(_PORTS, len(_PORTS)):
            lock = os.open(self._folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            except OSError:
                os.close(lock)
                continue
            self._held[port] = lock
            return port
        raise BedError("no loopback port is free")


PORTS = Ports()


class Server:
    """One server process; it may be ended and started again. Its log is appended to.

    command: a list. user_nobody: as root, run it as nobody. lasting: it outlives this process.
    """

    def __init__(self, name, command, log, env=None, user_nobody=False, lasting=False):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(log)
        self._env = env
        self._user_nobody = user_nobody
        self._lasting = lasting
        self._child = None
        self.expected_down = True  # ended by us, or not started yet

    @property
    def pid(self):
        return self._child.pid if self._child else None

    @property
    def exit_code(self):
        """Of a process that has ended (negative: by that signal), else None."""
        return self._child.poll() if self._child else None

    def start(self):
        if self.alive():
            return
        if self._lasting:
            more = {"start_new_session": True}
        else:
            more = {"preexec_fn": end_with_parent}
        if self._user_nobody:
            more |= unprivileged()
        with open(self.log, "ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd="/",
                **more,
            )
        self.expected_down = False
        if not self._lasting:
            _STARTED.append(self)

    def alive(self):
        return self._child is not None and self._child.poll() is None

    def send(self, number):
        if self.alive():
            self.expected_down |= number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
            self._child.send_signal(number)

    def pids(self):
        """Of the server and of the processes that it has made."""
        return [self.pid, *descendants(self.pid)] if self.alive() else []

    def pause(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)

    def kill(self):
        """kill -9; returns once it is gone."""
        self.send(signal.SIGKILL)
        if self._child is not None:
            self._child.wait()

    def stop(self, number=signal.SIGTERM, seconds=15):
        """Asks it to end, and ends it where it does not."""
        self.resume()
        self.send(number)
        if self._child is not None:
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait(self, ready, seconds):
        """Until ready() is true; BedError where the process dies first or it takes longer."""
        until = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise BedError(f"{self.name} has died{self.tail()}")
            if time.monotonic() > until:
                raise BedError(f"{self.name} was not ready after {seconds} s{self.tail()}")
            time.sleep(0.05)

    def tail(self, lines=30):
        try:
            text = self.log.read_bytes()[-16_384:].decode("utf-8", "replace")
        except OSError:
            text = ""
        kept = "\n".join("    " + line for line in text.splitlines()[-lines:])
        return f"; the end of {self.log}:\n{kept}\n"


def descendants(pid):
    """The pids of all processes below `pid`."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as stat:
                    parent = int(stat.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(entry))
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


_STARTED = []


@atexit.register
def _end_all():
    for server in _STARTED:
        if server.alive():
            server.kill()


def run(command, log, what, seconds=120, user_nobody=False, env=None):
    """A command to its end; BedError with its words where it fails."""
    with open(log, "ab") as file:
        try:
            code = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                env=env,
                cwd="/",
                check=False,
                **(unprivileged() if user_nobody else {}),
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            code = str(error)
    if code != 0:
        raise BedError(f"{what} failed ({code}){Server(what, [], log).tail()}")


def wait_gone(pids, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(os.path.exists(f"/proc/{pid}") for pid in pids):
        time.sleep(0.01)


@contextlib.contextmanager
def folder():
    """A folder for data, gone afterwards, that nobody can enter too (as whom PostgreSQL runs)."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="latecomer-bed-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
