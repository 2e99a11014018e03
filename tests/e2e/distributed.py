"""What the end-to-end tests of the distributed pipeline share: a real broker, a real database, and
the daemons as processes of their own.

A file's tests share the servers; each test has topics and a database of its own.
"""

import os
import pathlib
import re
import signal
import sys
import time

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "beds"))

import kafka
import postgres
import server

PARTITIONS = 4
SESSION_TIMEOUT_S = 4.0
# What is waited for while brokers, database and daemons share few cores with other work.
PATIENCE_S = float(os.environ.get("LATECOMER_E2E_PATIENCE_S", "90"))


class Distributed(harness.EndToEnd):
    NODES = 1
    BROKER_SETTINGS = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(server.folder())
        cls.postgres = cls.enterClassContext(postgres.Postgres(folder / "postgres"))
        cls.kafka = cls.enterClassContext(
            kafka.Kafka(folder / "kafka", nodes=cls.NODES, settings=cls.BROKER_SETTINGS)
        )
        cls.number = 0

    def setUp(self):
        super().setUp()
        type(self).number += 1
        self.prefix = f"e2e{self.number}."
        self.database = f"e2e{self.number}"
        self.postgres.create_database(self.database)
        self.daemons = {}
        self.hashtags = f'[[hashtag]]\nname = "{harness.TAG}"\n'

    # Settings
    def kafka_settings(self, text="", brokers=None, url=None, inbox=None, listen=None):
        source = ""
        if inbox:
            source = f'[[source]]\nname = "inbox"\nkind = "archive"\npath = "{inbox}"\n'
        listen = listen or f"127.0.0.1:{server.PORTS.take()}"
        number = len(list(self.dir.glob("kafka*.toml")))
        return self.write(
            f"kafka{number}.toml",
            f'''[stream]
kind = "kafka"
brokers = "{brokers or self.kafka.bootstrap}"
prefix = "{self.prefix}"
partitions = {PARTITIONS}
[stream.librdkafka]
"session.timeout.ms" = "{int(SESSION_TIMEOUT_S * 1000)}"
"heartbeat.interval.ms" = "500"
[store]
kind = "postgres"
url = "{url or self.postgres.url_of(self.database)}"
[replay]
listen = "{listen}"
{self.hashtags}
{source}
{text}
''',
        )

    # Daemons
    def start_daemon(self, name, config, machine="here"):
        """`process-1` is the instance of that name of `latecomer process`. On another `machine` no
        lock tells it of one that has its name."""
        folder = self.dir / machine
        folder.mkdir(exist_ok=True)
        admin = server.PORTS.take()
        command = name.split("-")[0]
        daemon = self.start(
            command,
            "-c",
            config,
            "--instance",
            name,
            "--admin",
            f"127.0.0.1:{admin}",
            env={"RUNTIME_DIRECTORY": str(folder)},
        )
        daemon.admin = admin
        daemon.name = name
        self.daemons[name] = daemon
        return daemon

    def start_daemons(self, config, *names):
        return [self.start_daemon(name, config) for name in names]

    def stop_daemon(self, daemon, seconds=harness.STOP_S_MAX):
        """SIGTERM: it ends well, and soon."""
        outcome = daemon.stop()
        self.assertEqual(outcome.rc, 0, f"{daemon}\n{outcome.err[-2000:]}")
        self.assertLess(outcome.seconds, seconds + harness.SLACK_S, f"{daemon}: SIGTERM")
        return outcome

    def assert_alive(self, *daemons):
        for daemon in daemons or self.daemons.values():
            self.assertTrue(daemon.alive(), f"{daemon} has ended by itself\n{daemon.err()[-3000:]}")

    def metrics(self, daemon):
        """{name or name{labels}: value} of its /metrics."""
        with harness.Get(daemon.admin, "/metrics") as answer:
            self.assertEqual(answer.status, 200, f"{daemon}: /metrics")
            text = answer.response.read().decode()
        values = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def status(self, daemon, path):
        """Of its admin address; 0: nobody answers there (yet)."""
        try:
            return harness.status_of(daemon.admin, path)
        except OSError:
            return 0

    def wait_ready(self, *daemons, seconds=PATIENCE_S):
        for daemon in daemons or self.daemons.values():

            def ready(daemon=daemon):
                self.assert_alive(daemon)
                return self.status(daemon, "/readyz") == 200

            harness.wait_until(ready, f"{daemon.name} is ready", seconds)

    # The result
    def wait_for_timeline(self, config, expected, what, tag=harness.TAG, seconds=PATIENCE_S):
        """Until the store holds it, byte for byte; the daemons have to live meanwhile."""
        until = time.monotonic() + seconds
        while True:
            actual = self.call(
                "export", "-c", config, "--hashtag", tag, "--format", "timeline", rc=None
            ).out
            self.assert_alive()
            if actual == expected:
                return
            if time.monotonic() > until:
                logs = "\n".join(f"{d}\n{d.err()[-1500:]}" for d in self.daemons.values())
                self.assert_same_timeline(actual, expected, f"{what}, after {seconds} s\n{logs}\n")
            time.sleep(0.3)

    def records(self, topic):
        """All committed records, as (partition, offset, key, value)."""
        return self.kafka.read(self.prefix + topic)


def peak_kib(pid):
    """The most memory that the process had resident so far."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1))


def pause(daemon):
    daemon.send(signal.SIGSTOP)


def resume(daemon):
    daemon.send(signal.SIGCONT)


def main():
    tools = kafka.missing_tools()
    if tools:
        sys.exit(f"these tests need {' and '.join(tools)}: ./dev test installs them")
    # Asked to end, it ends its servers and daemons too.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    harness.main()


