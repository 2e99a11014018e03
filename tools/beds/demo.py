#!/usr/bin/env python3
"""The four daemons as processes of their own beside a real broker and a real database.

demo.py LATECOMER SETTINGS FOLDER HASHTAG ADDRESS: SETTINGS (TOML) is completed with where the
servers are and copied to FOLDER, where logs go. Everything ends at Ctrl-C, each process by its pid.
"""

import contextlib
import http.client
import json
import pathlib
import signal
import sys
import time
import urllib.parse

import cache
import kafka
import postgres
import server

_READY_S_MAX = 60
_DAEMONS = {
    "ingest": "reads the archives in {inbox} and writes their posts into the topic `posts`",
    "process": "builds the conversation: from the topic `posts` into the topic `timelines`",
    "sink": "moves `timelines` into the database",
    "replay": "plays it back to people, from the database",
}


def say(text):
    print(f"\033[1m==> {text}\033[0m" if sys.stdout.isatty() else f"==> {text}", flush=True)


def detail(text):
    print(f"    {text}", flush=True)


class Demo:
    def __init__(self, latecomer, settings, folder, hashtag, address):
        self.latecomer = latecomer
        self.folder = pathlib.Path(folder)
        self.settings = self.folder / "latecomer.toml"
        self.text = pathlib.Path(settings).read_text(encoding="utf-8")
        self.hashtag = hashtag
        self.address = address
        self.daemons = []

    def start_servers(self, stack):
        say(f"Starting Apache Kafka {cache.KAFKA_VERSION}: one broker")
        broker = stack.enter_context(kafka.Kafka(self.folder / "kafka"))
        detail(f"pid {broker.nodes[0].pid}, {broker.bootstrap}")
        say("Starting PostgreSQL")
        # Not below the checkout: as root it runs as nobody, who may not be able to enter that.
        database = stack.enter_context(postgres.Postgres(stack.enter_context(server.folder())))
        detail(f"pid {database.process.pid}, {database.url}")
        self.settings.write_text(f'''{self.text}
# The demo's servers and archives.
[stream]
kind = "kafka"
brokers = "{broker.bootstrap}"
partitions = 4
[store]
kind = "postgres"
url = "{database.url}"
[[source]]
name = "archives"
kind = "archive"
path = "inbox"
''', encoding="utf-8")
        return broker, database

    def start_daemons(self):
        say("Starting the four daemons, a process each")
        for command, does in _DAEMONS.items():
            daemon = server.Server(
                f"latecomer {command}", [self.latecomer, command, "-c", self.settings],
                self.folder / f"{command}.log")
            daemon.start()
            self.daemons.append(daemon)
            detail(f"latecomer {command:<8} pid {daemon.pid}: "
                   + does.format(inbox=_short(self.folder / "inbox")))

    def stop_daemons(self):
        for daemon in reversed(self.daemons):
            daemon.stop(signal.SIGTERM, 10)

    def check(self):
        for daemon in self.daemons:
            if not daemon.alive():
                raise server.BedError(f"{daemon.name} has ended by itself{daemon.tail()}")

    def wait_for_timeline(self):
        """Until there is something to see, and as many entries in two looks."""
        until = time.monotonic() + _READY_S_MAX
        before = 0
        while True:
            self.check()
            entries = self.entries()
            if entries and entries == before:
                return entries
            if time.monotonic() > until:
                raise server.BedError("the timeline did not come within "
                                      f"{_READY_S_MAX} s{self.daemons[0].tail()}")
            before = entries
            time.sleep(0.5)

    def entries(self):
        try:
            connection = http.client.HTTPConnection(self.address, timeout=10)
            connection.request("GET", "/v1/hashtags/" + urllib.parse.quote(self.hashtag))
            answer = connection.getresponse()
            body = answer.read()
            return json.loads(body)["entries"] if answer.status == 200 else 0
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def run(self):
        with contextlib.ExitStack() as stack:
            self.start_servers(stack)
            stack.callback(self.stop_daemons)
            self.start_daemons()
            entries = self.wait_for_timeline()
            say(f"#{self.hashtag} is on again, {entries} posts: http://{self.address}/")
            detail("Open it in a browser and press play. You are late, and that is fine:")
            detail("the door is still open.")
            detail(f"Logs and settings are in {_short(self.folder)}. Ctrl-C ends all of it.")
            while True:
                time.sleep(0.5)
                self.check()


def _short(path):
    with contextlib.suppress(ValueError):
        return path.relative_to(pathlib.Path(__file__).resolve().parents[2])
    return path


class _Stopped(Exception):
    pass


def _stop(*_):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        Demo(*sys.argv[1:]).run()
    except _Stopped:
        print()
        say("Stopped. Until later.")
        return 0
    except (server.BedError, cache.CacheError) as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
