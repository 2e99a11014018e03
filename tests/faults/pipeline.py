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
        self.started_at = 0.0
        self.peak_kib = 0

    def start(self):
        self.wanted, self.paused = True, False
        self.server.start()
        self.started_at = time.monotonic()

    def kill(self):
        self.wanted = False
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
        self.restarts = 0
        self.daemons = {}
        self._usurped = []  # (process, until when it has to have ended)
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

    def poll(self):
        """Looks after the daemons: one that ended by itself is trouble, and started again."""
        for daemon in self.daemons.values():
            daemon.sample()
            if daemon.wanted and not daemon.server.alive():
                code = daemon.server.exit_code
                self.troubles.append(f"{daemon.name} ended by itself ({code})"
                                     + daemon.server.tail(12))
                self.restarts += 1
                daemon.start()
        for old, until in list(self._usurped):
            if not old.server.alive():
                self._usurped.remove((old, until))
                if old.server.exit_code == 0:
                    self.troubles.append(f"{old.name}, whose name another had taken, ended as if "
                                         "nothing were wrong" + old.server.tail(12))
            elif time.monotonic() > until:
                self._usurped.remove((old, until))
                self.troubles.append(f"{old.name}, whose name another had taken, went on for "
                                     f"{_FENCED_S_MAX} s" + old.server.tail(12))
                old.kill()

    def stop(self, name):
        """SIGTERM; it must end at once, and well."""
        daemon = self.daemons[name]
        daemon.wanted = False
        begin = time.monotonic()
        daemon.server.stop(signal.SIGTERM, STOP_S_MAX + SLACK_S + 10)
        seconds = time.monotonic() - begin
        code = daemon.server.exit_code
        if seconds > STOP_S_MAX + SLACK_S:
            self.troubles.append(f"{name} took {seconds:.1f} s to stop" + daemon.server.tail(12))
        # A process that has not got as far as listening to signals dies of this one.
        young = time.monotonic() - daemon.started_at < 3 and code == -signal.SIGTERM
        if code != 0 and not young:
            self.troubles.append(f"{name} was stopped and ended with {code}"
                                 + daemon.server.tail(12))

    def usurp(self, name):
        """Another process takes the name of this one, which is paused."""
        old = self.daemons[name]
        old.wanted = False
        self.daemons[name] = new = Daemon(self, name)
        new.start()
        return old

    def expect_fenced(self, old):
        self._usurped.append((old, time.monotonic() + _FENCED_S_MAX))

    def stop_daemons(self):
        """All at once, as when a machine is shut down."""
        while self._usurped:
            self.poll()
            time.sleep(0.05)
        for daemon in self.daemons.values():
            daemon.resume()
            daemon.wanted = False
        for name in list(self.daemons):
            if self.daemons[name].server.alive():
                self.stop(name)
        self.daemons.clear()

    def close(self):
        for daemon in self.daemons.values():
            daemon.kill()
        for old, _ in self._usurped:
            old.kill()
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
