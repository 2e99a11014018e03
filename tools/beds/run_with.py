#!/usr/bin/env python3
"""Runs a command beside servers that are started for it, and ends all of them.

The command finds them in its environment:
  LATECOMER_TEST_KAFKA       HOST:PORT,…      LATECOMER_TEST_KAFKA_PIDS    of its nodes
  LATECOMER_TEST_POSTGRES    a URL            LATECOMER_TEST_POSTGRES_PID
  LATECOMER_TEST_TOXIPROXY   its API; the proxies kafka-1…, postgres then stand before the servers
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import cache
import kafka
import postgres
import server
import toxiproxy

# What the command is given to end by itself once this is asked to end.
_GRACE_S = 5


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kafka", type=int, metavar="NODES", default=0)
    parser.add_argument("--kafka-version", metavar="V", default=cache.KAFKA_VERSION)
    parser.add_argument("--kafka-heap", type=int, metavar="MB", help="of each node")
    parser.add_argument("--kafka-set", action="append", default=[], metavar="NAME=VALUE",
                        help="a setting of the brokers; may be repeated")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--fsync", action="store_true", help="PostgreSQL with fsync on")
    parser.add_argument("--toxiproxy", action="store_true")
    parser.add_argument("--keep-logs", metavar="DIR", help="copy the servers' logs there at the end")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


class Beds:
    """The servers that the options ask for, and what the command is told about them."""

    def __init__(self, options, folder, stack):
        self.servers = []
        self.env = {}
        proxies = None
        if options.toxiproxy:
            proxies = stack.enter_context(toxiproxy.Toxiproxy(folder / "toxiproxy"))
            self.servers.append(proxies.process)
            self.env["LATECOMER_TEST_TOXIPROXY"] = proxies.url
        if options.postgres:
            self._postgres(options, folder / "postgres", stack, proxies)
        if options.kafka:
            self._kafka(options, folder / "kafka", stack, proxies)

    def _postgres(self, options, folder, stack, proxies):
        own, via = server.PORTS.take(), None
        if proxies:
            via = server.PORTS.take()
            proxies.add("postgres", via, own)
        started = stack.enter_context(
            postgres.Postgres(folder, fsync=options.fsync, port=own, via=via))
        self.servers.append(started.process)
        self.env["LATECOMER_TEST_POSTGRES"] = started.url
        self.env["LATECOMER_TEST_POSTGRES_PID"] = str(started.process.pid)

    def _kafka(self, options, folder, stack, proxies):
        ports = [[server.PORTS.take() for _ in range(3)] for _ in range(options.kafka)]
        advertised = None
        if proxies:
            advertised = [server.PORTS.take() for _ in ports]
            for index, (told, own) in enumerate(zip(advertised, ports)):
                proxies.add(f"kafka-{index + 1}", told, own[0])
        started = stack.enter_context(kafka.Kafka(
            folder, nodes=options.kafka, version=options.kafka_version, ports=ports,
            advertised=advertised, heap_mb=options.kafka_heap,
            settings=dict(setting.split("=", 1) for setting in options.kafka_set)))
        self.servers += started.nodes
        self.env["LATECOMER_TEST_KAFKA"] = started.bootstrap
        self.env["LATECOMER_TEST_KAFKA_PIDS"] = ",".join(str(node.pid) for node in started.nodes)

    def report_dead(self):
        for one in self.servers:
            if not one.alive() and not one.expected_down:
                print(f"run_with.py: {one.name} has died{one.tail()}", file=sys.stderr)


def run(command, env):
    """The command's exit code; 128 + the signal that ended it, as a shell has it."""
    try:
        child = subprocess.Popen(command, env=os.environ | env, preexec_fn=server.end_with_parent)
    except OSError as error:
        print(f"run_with.py: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    try:
        code = child.wait()
    except BaseException:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
        child.kill()
        child.wait()
        raise
    return code if code >= 0 else 128 - code


def stop_on_signal(number, _):
    # The first one is acted upon; those after it must not end the clean-up.
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    options = parsed(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop_on_signal)
    try:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(server.folder())
            if options.keep_logs:
                stack.callback(keep_logs, folder, pathlib.Path(options.keep_logs))
            beds = Beds(options, folder, stack)
            code = run(options.command, beds.env)
            beds.report_dead()
        return code
    except (server.BedError, cache.CacheError) as error:
        print(f"run_with.py: {error}", file=sys.stderr)
        return 1


def keep_logs(folder, to):
    for log in folder.rglob("*log"):
        if log.is_file():
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, to / "-".join(log.relative_to(folder).parts))


if __name__ == "__main__":
    sys.exit(main())
