"""A Kafka broker and a program beside it, each on a core of its own, and what the program costs."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "beds"))
import kafka  # noqa: E402  (found by the line above)
import server  # noqa: E402

PARTITIONS = 4
PREFIX = "latecomer."
_BROKER_HEAP_MB = 1024
_TICKS = os.sysconf("SC_CLK_TCK")


class MeasureError(RuntimeError):
    pass


def programs():
    return pathlib.Path(os.environ.get("LATECOMER_BENCH_PROGRAMS", ROOT / "build/release/bench"))


def latecomer():
    return os.environ.get("LATECOMER_BIN", str(programs().parent / "latecomer"))


def cores():
    """(the broker's, the program's)"""
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        raise MeasureError("this needs two cores: one for the broker, one for the program")
    return free[0], free[1]


def pinned(core, command):
    return ["taskset", "-c", str(core), *[str(part) for part in command]]


def broker(folder):
    """One node as in production: its whole compiler, a heap with room, no fewer segments."""
    made = kafka.Kafka(folder, heap_mb=_BROKER_HEAP_MB, settings={"num.network.threads": "2",
                                                                  "num.io.threads": "4"})
    node = made.nodes[0]
    node.command = pinned(cores()[0], [p for p in node.command if "TieredStopAtLevel" not in p])
    return made


def tool(name, *arguments, core=None, timeout=900):
    """The JSON that one of the programs in peers/ prints; by itself it runs on the broker's core."""
    done = subprocess.run(pinned(cores()[0] if core is None else core, [programs() / name, *arguments]),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                          check=False)
    if done.returncode != 0:
        raise MeasureError(f"{name} failed ({done.returncode}): {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])  # what the stream logs stands before it


class Program:
    """A contender, pinned to the program's core."""

    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        with open(log, "ab") as out:
            self._child = subprocess.Popen(pinned(cores()[1], command), stdin=subprocess.DEVNULL,
                                           stdout=out, stderr=subprocess.STDOUT,
                                           preexec_fn=server.end_with_parent)

    def check(self):
        if self._child.poll() is not None:
            tail = self.log.read_text(errors="replace")[-3000:]
            raise MeasureError(f"the program ended ({self._child.returncode}):\n{tail}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_mb(self):
        for line in pathlib.Path(f"/proc/{self._child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise MeasureError("no peak of memory")

    def end(self, number=signal.SIGTERM, seconds=60):
        if self._child.poll() is None:
            self._child.send_signal(number)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


class Watch:
    """How far a group has committed, seen from outside: (seconds of the monotonic clock, offsets)."""

    def __init__(self, brokers, group, topic):
        self._child = subprocess.Popen(
            pinned(cores()[0], [programs() / "kafka_watch", brokers, group, topic, PARTITIONS]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            preexec_fn=server.end_with_parent)
        self._latest = (0.0, 0)
        self._moved = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            at, offsets = line.split()
            with self._moved:
                self._latest = (float(at), int(offsets))
                self._moved.notify_all()

    def latest(self):
        with self._moved:
            return self._latest

    def until(self, offsets, program, seconds):
        """The first sight at which the group has come to `offsets`."""
        until = time.monotonic() + seconds
        while True:
            with self._moved:
                if self._latest[1] >= offsets:
                    return self._latest
                self._moved.wait(0.5)
            program.check()
            if time.monotonic() > until:
                raise MeasureError(f"stands at {self.latest()[1]}, {offsets} not reached in "
                                   f"{seconds} s:\n{program.log.read_text(errors='replace')[-3000:]}")

    def end(self):
        self._child.terminate()
        self._child.wait()
        self._reader.join()


def print_case(name, value, unit, better, ratio_to=None):
    case = {"name": name, "value": value, "unit": unit, "better": better}
    if ratio_to:
        case["ratio_to"] = ratio_to
    print(json.dumps(case), flush=True)
