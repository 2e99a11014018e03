"""Apache Kafka in KRaft mode: one node or several, broker and controller in one, on loopback.

    with Kafka(folder, nodes=3) as kafka:
        kafka.bootstrap                 # "127.0.0.1:…,127.0.0.1:…,127.0.0.1:…"
        kafka.nodes[0].kill(); kafka.nodes[0].start(); kafka.wait_in_sync()

A node is a Server (server.py): kill(), pause(), resume(), stop(), start().
"""

import json
import os
import pathlib
import signal
import subprocess
import time

import cache
import server

_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
_START_S_MAX = 90
_SYNC_S_MAX = 90
HEAP_MB = {1: 128, 3: 160}

# Small and quick to react. The cleaner's buffer alone would be 128 MB by default.
_SETTINGS = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.initial.task.delay.ms": "500",
    "offsets.topic.num.partitions": "1",
    # How soon an abandoned transaction is seen to have passed its time-out.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "transaction.state.log.num.partitions": "1",
}
# Several nodes: a leader that is gone is followed within seconds.
_SETTINGS_OF_SEVERAL = {
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "replica.lag.time.max.ms": "3000",
}


class Kafka:
    """A cluster in `folder`, which is made; data that is in it already is used again.

    ports: (client, controller[, internal]) of each node, to stay the same over restarts.
    advertised: of each node, the port that clients are told to use (a proxy's) instead of its own.
    settings: broker settings over those above. lasting: the nodes outlive this process.
    """

    def __init__(self, folder, nodes=1, version=None, ports=None, advertised=None, settings=None,
                 heap_mb=None, lasting=False):
        self.folder = pathlib.Path(folder)
        self.version = version or cache.KAFKA_VERSION
        self.ports = ports or [[server.PORTS.take() for _ in range(3)] for _ in range(nodes)]
        self.advertised = advertised or [port[0] for port in self.ports]
        self._proxied = advertised is not None
        self._more = settings or {}
        self._heap_mb = heap_mb or HEAP_MB.get(nodes, 160)
        self._lasting = lasting
        self.nodes = [self._node(index) for index in range(nodes)]

    @property
    def bootstrap(self):
        """What clients connect to: the proxies, where there are some."""
        return ",".join(f"127.0.0.1:{port}" for port in self.advertised)

    @property
    def direct(self):
        """The same cluster past all proxies."""
        which = 2 if self._proxied else 0
        return ",".join(f"127.0.0.1:{port[which]}" for port in self.ports)

    # Life
    def start(self):
        """Formats what is new, starts all nodes and waits until they see each other."""
        try:
            formats = [self._format(index) for index in range(len(self.nodes))]
            for index, (child, log) in enumerate(formats):
                if child is not None and child.wait(_START_S_MAX) != 0:
                    raise server.BedError(f"formatting Kafka node {index + 1} failed" +
                                          server.Server("", [], log).tail())
            for node in self.nodes:
                node.start()
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def wait_ready(self, seconds=_START_S_MAX):
        count = f" {len(self.nodes)} brokers:"
        for index, node in enumerate(self.nodes):
            own = f"127.0.0.1:{self.ports[index][2 if self._proxied else 0]}"
            node.wait(lambda own=own: count in self._kcat(own, "-L", "-m", "2"), seconds)

    def wait_in_sync(self, seconds=_SYNC_S_MAX):
        """Until every partition has a leader and all of its replicas."""
        until = time.monotonic() + seconds
        while True:
            behind = self._behind()
            if behind == []:
                return
            if time.monotonic() > until:
                raise server.BedError(f"Kafka is not in sync after {seconds} s: {behind}")
            time.sleep(0.2)

    def _behind(self):
        """Partitions without a leader or a replica, or None where nobody answers."""
        answer = self._kcat(self.direct, "-L", "-J", "-m", "5")
        try:
            metadata = json.loads(answer)
        except ValueError:
            return None
        if len(metadata["brokers"]) < len(self.nodes):
            return None
        return [
            f"{topic['topic']}/{partition['partition']}"
            for topic in metadata["topics"]
            for partition in topic["partitions"]
            if partition["leader"] < 0 or len(partition["isrs"]) < len(partition["replicas"])
        ]

    def stop(self):
        """All at once: a controller alone would wait for the others."""
        for node in self.nodes:
            node.resume()
            node.send(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def kill(self):
        for node in self.nodes:
            node.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        # Nobody will use the data again: no reason to be slow.
        self.kill()

    # What tests ask
    def topics(self):
        answer = self._kcat(self.direct, "-L", "-J", "-m", "5")
        return [topic["topic"] for topic in json.loads(answer)["topics"]] if answer else []

    def read(self, topic, committed=True):
        """All records of a topic as (partition, offset, key, value) of bytes; value None: null."""
        level = "read_committed" if committed else "read_uncommitted"
        form = "%p %o %K %S %k%s"
        raw = subprocess.run(
            ["kcat", "-C", "-b", self.direct, "-t", topic, "-o", "beginning", "-e", "-q",
             "-X", f"isolation.level={level}", "-f", form],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True).stdout
        return list(_records(raw))

    def end_offsets(self, topic, partitions):
        """Where each partition ends (its high watermark), as a list, or None: nobody answers."""
        asked = [f"-t{topic}:{partition}:-1" for partition in range(partitions)]
        answer = self._kcat(self.direct, "-Q", *asked)
        ends = {}
        for line in answer.splitlines():
            name, _, offset = line.partition("offset ")
            if offset:
                ends[int(name[name.index("[") + 1:name.index("]")])] = int(offset)
        return [ends[partition] for partition in sorted(ends)] if len(ends) == partitions else None

    @staticmethod
    def _kcat(broker, *arguments):
        done = subprocess.run(["kcat", "-b", broker, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout.decode("utf-8", "replace")

    # Making of
    def _home(self, index):
        return self.folder / f"node{index + 1}"

    def _node(self, index):
        home = self._home(index)
        java = [
            "java",
            f"-Xms{self._heap_mb}m",
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-Xshare:auto",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-cp",
            f"{cache.kafka_jars(self.version)}/*",
            "kafka.Kafka",
            home / "server.properties",
        ]
        return server.Server(f"Kafka node {index + 1}", java, home / "log", lasting=self._lasting)

    def _format(self, index):
        home = self._home(index)
        home.mkdir(parents=True, exist_ok=True)
        (home / "server.properties").write_text(
            "".join(f"{name}={value}\n" for name, value in self._settings(index).items()))
        log = home / "format.log"
        if (home / "data" / "meta.properties").exists():
            return None, log
        with open(log, "wb") as file:
            child = subprocess.Popen(
                ["java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                 "-cp", f"{cache.kafka_jars(self.version)}/*",
                 "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID,
                 "-c", str(home / "server.properties")],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                preexec_fn=server.end_with_parent)
        return child, log

    def _settings(self, index):
        client, controller, internal = self.ports[index]
        several = len(self.ports)
        voters = ",".join(f"{n + 1}@127.0.0.1:{port[1]}" for n, port in enumerate(self.ports))
        listeners = {"PLAINTEXT": client}
        if self._proxied:
            listeners["INTERNAL"] = internal
        told = {"PLAINTEXT": self.advertised[index]}
        if self._proxied:
            told["INTERNAL"] = internal
        replicas = min(several, 3)
        settings = {
            "process.roles": "broker,controller",
            "node.id": index + 1,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": _addresses(listeners | {"CONTROLLER": controller}),
            "advertised.listeners": _addresses(told),
            "listener.security.protocol.map":
                "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INTERNAL" if self._proxied else "PLAINTEXT",
            "log.dirs": self._home(index) / "data",
            "default.replication.factor": replicas,
            "min.insync.replicas": max(1, replicas - 1),
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": max(1, replicas - 1),
        }
        settings |= _SETTINGS
        if several > 1:
            settings |= _SETTINGS_OF_SEVERAL
        return settings | self._more


def _addresses(ports):
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


def _records(raw):
    """Records of kcat's "%p %o %K %S %k%s"."""
    at = 0
    while at < len(raw):
        fields = []
        for _ in range(4):
            end = raw.index(b" ", at)
            fields.append(int(raw[at:end]))
            at = end + 1
        partition, offset, key_size, size = fields
        key = raw[at:at + key_size] if key_size >= 0 else None
        at += max(key_size, 0)
        value = raw[at:at + size] if size >= 0 else None
        at += max(size, 0)
        yield partition, offset, key, value


def missing_tools():
    """Programs that this needs and that are not on PATH."""
    folders = os.environ.get("PATH", "").split(":")
    return [tool for tool in ("java", "kcat")
            if not any(os.access(os.path.join(folder, tool), os.X_OK) for folder in folders)]
