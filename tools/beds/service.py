#!/usr/bin/env python3
"""A Kafka or PostgreSQL that stays up for a person who works on Latecomer.

service.py kafka|postgres up|down|status. Its state lies below .dev/ of the checkout, and its data stays
there until `down --wipe`; a later `up` finds its data and its ports again.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cache
import kafka
import postgres
import server

_CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
_STOP_S_MAX = 20


class Service:
    """What both have in common: a state file with the pids, and how to end these."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self):
        self.folder = _CHECKOUT / ".dev" / f"bed-{self.name}"
        self._file = self.folder / "state.json"
        self.state = json.loads(self._file.read_text()) if self._file.exists() else {}

    def check(self, options):
        """BedError where what is asked for is not what is here."""

    def start(self, options):
        """Starts the servers and saves what they are."""
        raise NotImplementedError

    def running(self):
        """The pids that are still those of the servers that `up` started."""
        return [pid for pid, born in self.state.get("processes", []) if _born(pid) == born]

    def is_whole(self):
        processes = self.state.get("processes", [])
        return bool(processes) and len(self.running()) == len(processes)

    def save(self, servers=()):
        self.state["processes"] = [(one.pid, _born(one.pid)) for one in servers]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self.state, indent=1) + "\n")

    def up(self, options):
        self.check(options)
        if self.is_whole():
            print(f"{self.title()} is up already.")
        else:
            self.end()
            self.start(options)
            print(f"{self.title()} is up.")
        print(self.usage())
        return 0

    def down(self, options):
        was_up = bool(self.running())
        self.end()
        if self.state:
            self.save()
        if options.wipe:
            self.wipe()
        print(f"{self.title()} {'is down now' if was_up else 'was not up'}; its data " +
              ("is gone." if options.wipe else f"stays until ./dev {self.name} down --wipe."))
        return 0

    def status(self, _):
        """Exit code 0: it is up; 3: it is not (as systemctl has it)."""
        if self.is_whole():
            print(f"{self.title()} is up: {self.details()}")
            print(self.usage())
            return 0
        left = self.running()
        print(f"{self.title()} is down." if not left else
              f"{self.title()} is partly down: {len(left)} of {len(self.state['processes'])}"
              f" processes run. Its logs are in {self.folder}. ./dev {self.name} up starts it anew.")
        return 3

    def end(self):
        left = self.running()
        for pid in left:
            _signal(pid, signal.SIGCONT)
            _signal(pid, self.stop_signal)
        until = time.monotonic() + _STOP_S_MAX
        while left and time.monotonic() < until:
            time.sleep(0.05)
            left = [pid for pid in left if pid in self.running()]
        for pid in left:
            _signal(pid, signal.SIGKILL)
        server.wait_gone(left)

    def wipe(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class KafkaService(Service):
    name = "kafka"

    def title(self):
        return f"Apache Kafka {self.state.get('version', cache.KAFKA_VERSION)}"

    def check(self, options):
        if not self.state:
            return
        nodes, version = len(self.state["ports"]), self.state["version"]
        if (options.nodes or nodes) != nodes or (options.version or version) != version:
            raise server.BedError(f"there is a cluster of {nodes} node(s) of Kafka {version} here "
                                  "already; ./dev kafka down --wipe removes it and its data")

    def start(self, options):
        if not self.state:
            self.state = {
                "version": options.version or cache.KAFKA_VERSION,
                "ports": [[server.PORTS.take(9092 if node == 0 else None), server.PORTS.take(),
                           server.PORTS.take()] for node in range(options.nodes or 1)],
            }
        ports = self.state["ports"]
        # A developer's broker may hold more than a test's.
        cluster = kafka.Kafka(self.folder, nodes=len(ports), version=self.state["version"],
                              ports=ports, heap_mb=256, lasting=True)
        cluster.start()
        self.save(cluster.nodes)

    def brokers(self):
        return ",".join(f"127.0.0.1:{port[0]}" for port in self.state["ports"])

    def details(self):
        return f"{len(self.state['ports'])} node(s), logs in {self.folder}/node*/log"

    def usage(self):
        return f'''In Latecomer's settings:
    [stream]
    kind = "kafka"
    brokers = "{self.brokers()}"
Look into it:  kcat -b {self.brokers()} -L'''


class PostgresService(Service):
    name = "postgres"
    stop_signal = signal.SIGINT

    def title(self):
        return "PostgreSQL"

    def data_folder(self):
        """As root the server runs as nobody, who may not be able to enter the checkout."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["test", "-x", self.folder], check=False, cwd="/",
                          **server.unprivileged()).returncode == 0:
            return self.folder / "server"
        mark = hashlib.sha256(str(_CHECKOUT).encode()).hexdigest()[:12]
        return pathlib.Path(tempfile.gettempdir()) / f"latecomer-postgres-{mark}"

    def start(self, _):
        if not self.state:
            self.state = {"port": server.PORTS.take(5432)}
        data = self.data_folder()
        self.state["folder"] = str(data)
        database = postgres.Postgres(data, fsync=True, port=self.state["port"], lasting=True)
        database.start()
        self.save([database.process])

    def url(self):
        return f"postgresql://{postgres.USER}@127.0.0.1:{self.state['port']}/{postgres.DATABASE}"

    def details(self):
        return f"log in {self.state['folder']}/log"

    def usage(self):
        return f'''In Latecomer's settings:
    [store]
    kind = "postgres"
    url = "{self.url()}"
Look into it:  psql {self.url()}'''

    def wipe(self):
        if self.state.get("folder"):
            shutil.rmtree(self.state["folder"], ignore_errors=True)
        super().wipe()


def _born(pid):
    """When that process began, in ticks since the machine did: with the pid it names one process."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else int(fields[19])


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def main():
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service", choices=["kafka", "postgres"])
    parser.add_argument("action", choices=["up", "down", "status"])
    parser.add_argument("--nodes", type=int, choices=range(1, 10), metavar="N",
                        help="of Kafka, with up: how many brokers (default 1)")
    parser.add_argument("--version", help="of Kafka, with up")
    parser.add_argument("--wipe", action="store_true", help="with down: remove the data")
    options = parser.parse_args()
    service = KafkaService() if options.service == "kafka" else PostgresService()
    try:
        return getattr(service, options.action)(options)
    except (server.BedError, cache.CacheError) as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
