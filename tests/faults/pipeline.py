"""The whole pipeline of a fault run: three brokers, PostgreSQL, toxiproxy before all of them, and
the daemons as processes that are started again when they end, as a service manager would.

Everything here runs in one thread, and everything ends with `Pipeline.close()`.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import paths  # noqa: F401  (first)
import kafka
import plan
import postgres
import server
import toxiproxy

PARTITIONS = 8
PREFIX = "faults."
STOP_S_MAX = 2.0  # from SIGTERM to the end
# A machine that does other things besides starves a process for a while.
SLACK_S = float(os.environ.get("LATECOMER_E2E_SLACK_S", "3"))
_RESTART_S = 0.5  # as a service manager waits
_TROUBLES_MAX = 25  # more are of no use to anybody
_FENCED_S_MAX = 45  # until a process whose name another has taken has ended


class Daemon:
    """One process of a daemon, by the name of its instance ("process-1")."""

    def __init__(self, pipeline, name):
        self.name = name
        self.command = name.split("-")[0]
        self.admin = server.PORTS.take()
        log = pipeline.logs / f"{name}.log"
        # Each process as on a machine of its own, where no lock tells of one that has its name.
        machine = pipeline.folder / "run" / f"{name}-{self.admin}"
        machine.mkdir(parents=True)
        self.server = server.Server(
            name,
            [pipeline.latecomer, self.command, "-c", pipeline.settings, "--instance", name,
             "--admin", f"127.0.0.1:{self.admin}"],
            log, env=os.environ | {"RUNTIME_DIRECTORY": str(machine)})
        self.wanted = False
        self.paused = False
        self.ended_at = None  # by itself
        self.asked_at = None  # to stop
        self.started_at = 0.0
        self.peak_kib = 0

    def start(self):
        self.wanted, self.paused, self.ended_at = True, False, None
        self.server.start()
        self.started_at = time.monotonic()

    def restart(self):
        """As soon as it has ended."""
        self.wanted = True

    def kill(self):
        self.wanted, self.asked_at = False, None
        self.server.kill()

    def pause(self):
        self.paused = True
        self.server.send(signal.SIGSTOP)

    def resume(self):
        self.paused = False
        self.server.send(signal.SIGCONT)

    def sample(self):
        """Remembers the most memory that it had resident."""
        try:
            status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        except OSError:
            return
        match = re.search(r"VmHWM:\s+(\d+)", status)
        if match:
            self.peak_kib = max(self.peak_kib, int(match.group(1)))


class Pair:
    """Two processes of one name: the one that was there, and the one that took its place."""

    def __init__(self, old, new):
        self.old = old
        self.new = new
        self.is_awake = False  # the old one, again
        self.until = 0.0  # when one of them has to have ended


class Pipeline:
    """folder: for all files; what went wrong is collected in `troubles`, one text each."""

    def __init__(self, latecomer, folder, tags, folder_tags):
        self.latecomer = latecomer
        self.folder = pathlib.Path(folder)
        self.logs = self.folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.tags = tags
        self.folder_tags = folder_tags
        self.troubles = []
        self.daemons = {}
        self._pairs = []  # of processes with one name
        self._stack = contextlib.ExitStack()
        self.settings = self.folder / "latecomer.toml"
        self.inbox = self.folder / "inbox"
        for tag in folder_tags:
            (self.inbox / tag).mkdir(parents=True, exist_ok=True)

    # Servers
    def start_servers(self):
        stack = self._stack
        self.toxiproxy = stack.enter_context(toxiproxy.Toxiproxy(self.folder / "toxiproxy"))
        own, via = server.PORTS.take(), server.PORTS.take()
        self.toxiproxy.add("postgres", via, own)
        # Not below the folder of the run, which nobody may be unable to enter.
        self.database_folder = stack.enter_context(server.folder())
        self.postgres = stack.enter_context(
            postgres.Postgres(self.database_folder / "postgres", fsync=True, port=own, via=via))
        ports = [[server.PORTS.take() for _ in range(3)] for _ in range(3)]
        advertised = [server.PORTS.take() for _ in ports]
        for index, (told, node) in enumerate(zip(advertised, ports)):
            self.toxiproxy.add(f"broker-{index + 1}", told, node[0])
        self.kafka = stack.enter_context(
            kafka.Kafka(self.folder / "kafka", nodes=3, ports=ports, advertised=advertised))
        self.write_settings(self.postgres.url)

    def write_settings(self, database_url):
        self.settings.write_text(f'''
[stream]
kind = "kafka"
brokers = "{self.kafka.bootstrap}"
prefix = "{PREFIX}"
partitions = {PARTITIONS}
[stream.librdkafka]
"session.timeout.ms" = "{int(plan.SESSION_TIMEOUT_S * 1000)}"
"heartbeat.interval.ms" = "1000"
"transaction.timeout.ms" = "8000"
[store]
kind = "postgres"
url = "{database_url}"
[replay]
listen = "127.0.0.1:{server.PORTS.take()}"
{self.hashtags()}
''' + "".join(f'''
[[source]]
name = "folder-{tag}"
kind = "archive"
path = "inbox/{tag}"
hashtags = ["{tag}"]
''' for tag in self.folder_tags), encoding="utf-8")

    def hashtags(self):
        """Every third one has an event within its time, every third another gap."""
        text = ""
        for number, tag in enumerate(self.tags):
            text += f'[[hashtag]]\nname = "{tag}"\n'
            text += ["", 'gap = "20m"\n', ""][number % 3]
            if number % 3 == 2:
                text += ("[[hashtag.event]]\ntitle = \"The talk\"\nstart = 2016-09-23T08:10:00Z\n"
                         "end = 2016-09-23T08:40:00Z\n")
        return text

    # Daemons
    def start_daemons(self, names):
        for name in names:
            self.daemons[name] = Daemon(self, name)
            self.daemons[name].start()

    def trouble(self, text, daemon=None):
        """Remembers it, with the end of the log; AssertionError where there are too many."""
        self.troubles.append(text + (daemon.server.tail(4) if daemon else ""))
        if len(self.troubles) > _TROUBLES_MAX:
            raise AssertionError("the run is given up: there are too many troubles")

    def poll(self):
        """Looks after the daemons: one that ended by itself is trouble, and started again."""
        for daemon in self.daemons.values():
            daemon.sample()
            if daemon.asked_at is not None:
                self._watch_stopping(daemon)
            elif daemon.ended_at is not None:
                if daemon.wanted and time.monotonic() - daemon.ended_at > _RESTART_S:
                    daemon.start()
            elif daemon.wanted and daemon.server.expected_down:
                daemon.start()
            elif daemon.wanted and not daemon.server.alive():
                daemon.ended_at = time.monotonic()
                self.trouble(f"{daemon.name} ended by itself ({daemon.server.exit_code})", daemon)
        for pair in list(self._pairs):
            if pair.is_awake:
                self._settle(pair)

    def _settle(self, pair):
        """Of two with one name just one may go on; the other has to say so, and end."""
        ended, left = ((pair.old, pair.new) if not pair.old.server.alive() else
                       (pair.new, pair.old) if not pair.new.server.alive() else (None, None))
        if ended is None:
            if time.monotonic() > pair.until:
                self._pairs.remove(pair)
                pair.old.kill()
                self.daemons[pair.new.name] = pair.new
                pair.new.wanted = True
                self.trouble(f"two processes of the name {pair.old.name} went on side by side for "
                             f"{_FENCED_S_MAX} s", pair.old)
            return
        self._pairs.remove(pair)
        self.daemons[left.name] = left
        left.wanted = True
        if ended.server.exit_code != 1 or "`instance`" not in ended.server.tail(6):
            self.trouble(f"{ended.name}, whose name another has, ended without saying why", ended)

    def ask_to_stop(self, name):
        """SIGTERM; `poll` sees to it that it ends at once, and well."""
        daemon = self.daemons[name]
        daemon.wanted = False
        if daemon.server.alive():
            daemon.asked_at = time.monotonic()
            daemon.server.send(signal.SIGTERM)

    def _watch_stopping(self, daemon):
        seconds = time.monotonic() - daemon.asked_at
        if daemon.server.alive():
            if seconds > STOP_S_MAX + SLACK_S + 10:
                daemon.asked_at = None
                daemon.server.kill()
                self.trouble(f"{daemon.name} had not stopped after {seconds:.0f} s", daemon)
            return
        asked_at, daemon.asked_at = daemon.asked_at, None
        if seconds > STOP_S_MAX + SLACK_S:
            self.trouble(f"{daemon.name} took {seconds:.1f} s to stop", daemon)
        # A process that has not got as far as listening to signals dies of this one.
        code = daemon.server.exit_code
        young = asked_at - daemon.started_at < 3 and code == -signal.SIGTERM
        if code != 0 and not young:
            self.trouble(f"{daemon.name} was stopped and ended with {code}", daemon)

    def usurp(self, name):
        """Another process takes the name of this one, which is paused; the answer wakes it."""
        old = self.daemons[name]
        self.daemons[name] = new = Daemon(self, name)
        new.start()
        self._pairs.append(pair := Pair(old, new))

        def wake():
            old.resume()
            # From now on either may be the one that goes: whoever joins last stays.
            old.wanted = new.wanted = False
            pair.is_awake = True
            pair.until = time.monotonic() + _FENCED_S_MAX
        old.wanted = False
        return wake

    def settle(self):
        """Until no two of one name are left."""
        while any(pair.is_awake for pair in self._pairs):
            self.poll()
            time.sleep(0.05)

    def stop_daemons(self):
        """All at once, as when a machine is shut down."""
        self.settle()
        for daemon in self.daemons.values():
            daemon.resume()
            daemon.wanted = False
        for name in self.daemons:
            self.ask_to_stop(name)
        while any(daemon.asked_at for daemon in self.daemons.values()):
            self.poll()
            time.sleep(0.01)
        self.daemons.clear()

    def close(self):
        for daemon in self.daemons.values():
            daemon.kill()
        for pair in self._pairs:
            pair.old.kill()
            pair.new.kill()
        self._stack.close()

    # Commands
    def call(self, *arguments, seconds=120):
        """A `latecomer` to its end: (exit code, stdout, stderr)."""
        done = subprocess.run([str(self.latecomer), *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                              check=False, preexec_fn=server.end_with_parent)
        return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")

    def export(self, tag):
        """The timeline as the distributed store has it, or None where it does not answer."""
        code, out, err = self.call("export", "-c", self.settings, "--hashtag", tag,
                                   "--format", "timeline")
        self.last_error = err
        return out if code == 0 else None

    def ends(self):
        """Where each partition of `timelines` ends, and how far the store is."""
        marks = self.kafka.end_offsets(PREFIX + "timelines", PARTITIONS)
        try:
            positions = self.postgres.query(
                "SELECT partition, next FROM latecomer.sink_offsets ORDER BY partition")
        except subprocess.SubprocessError:
            positions = None
        return marks, positions

    def keep(self, to):
        """Copies what tells why a run failed."""
        to = pathlib.Path(to)
        to.mkdir(parents=True, exist_ok=True)
        for path in [*self.logs.glob("*"), self.settings]:
            shutil.copy(path, to)
        for index in range(3):
            shutil.copy(self.folder / "kafka" / f"node{index + 1}" / "log",
                        to / f"broker-{index + 1}.log")
        shutil.copy(self.database_folder / "postgres" / "log", to / "postgres.log")
