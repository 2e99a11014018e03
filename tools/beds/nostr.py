"""A relay of Nostr on loopback (nostr.mjs), and an author who publishes to relays.

    with Relay(folder) as relay, Author(folder) as author:
        note = author.publish([relay.url], 1, [["t", "x"]], "words")
"""

import json
import pathlib
import shutil
import subprocess
import time

import cache
import server

HERE = pathlib.Path(__file__).resolve().parent


def _node():
    node = shutil.which("node")
    if node is None:
        raise server.BedError("a relay of Nostr needs Node: install Debian's package nodejs")
    return node


def _script(name):
    """Where Node finds the packages: scripts look for them beside themselves."""
    folder = cache.nostr()
    shutil.copy(HERE / name, folder / name)
    return folder / name


class Relay:
    """What it stores is in memory: stopped and started again it is empty."""

    def __init__(self, folder, name="nostr", port=None):
        self.port = port or server.PORTS.take()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{name}.log"
        self.process = server.Server(name, [_node(), _script("nostr.mjs"), self.port], self.log)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def start(self):
        self.log.unlink(missing_ok=True)
        self.process.start()
        self.process.wait(lambda: "READY" in self.log.read_text(), 60)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.process.kill()


class Author:
    """Publishes signed events, one process for all; authors are numbers."""

    def __init__(self):
        self._child = subprocess.Popen(
            [_node(), _script("nostr_write.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=server.end_with_parent)

    def publish(self, relays, kind, tags, content="words", author=1, created_at=None):
        """The event's id, once all relays have it."""
        event = {"relays": relays, "author": author, "kind": kind, "tags": tags,
                 "content": content, "created_at": created_at or int(time.time())}
        self._child.stdin.write(json.dumps(event) + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline().strip()
        if len(answer) != 64:
            raise server.BedError(f"an event was not taken: {answer}")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stdin.close()
        self._child.terminate()
        self._child.wait()
        self._child.stdout.close()
