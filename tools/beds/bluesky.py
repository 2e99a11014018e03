"""A Bluesky network of its own: accounts' server (PDS), AppView and directory of DIDs, with the
PostgreSQL and Redis that they need, on free loopback ports.

    with Bluesky(folder) as network:
        ana = network.account("ana")
        uri = ana.post("Hello #OpenDay", tags=["OpenDay"])
        ana.edit(uri, "Hello again"); ana.delete(uri); network.wait_indexed(uri)
        network.pds, network.app_view, network.directory        # addresses

It is Bluesky's development environment, of npm: 480 MB, installed once (cache.py). Its search is a
stand-in that looks for the very letters; the rest of the AppView is the real one.
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import time
import urllib.parse
from datetime import datetime, timezone

import cache
import postgres
import server

_START_S_MAX = 120
_INDEX_S_MAX = 30
_POST = "app.bsky.feed.post"


class Refused(RuntimeError):
    """An XRPC error: `name`, as the protocol has it."""

    def __init__(self, status, name, text):
        super().__init__(f"{status} {name}: {text}")
        self.status = status
        self.name = name


class Bluesky:
    """A network in `folder`, which is made; each one is new: it does not take up old data."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        modules = cache.bluesky()
        redis = shutil.which("redis-server")
        if redis is None:
            raise server.BedError("Redis is not here: install Debian's redis-server")
        self.ports = {name: server.PORTS.take() for name in ("PDS", "APPVIEW", "PLC", "OZONE")}
        self.pds = f"http://localhost:{self.ports['PDS']}"
        self.app_view = f"http://localhost:{self.ports['APPVIEW']}"
        self.directory = f"http://localhost:{self.ports['PLC']}"
        self.cids = {}  # of the first version of each post, by its URI
        self._redis_port = server.PORTS.take()
        self.postgres = postgres.Postgres(self.folder / "postgres")
        self.redis = server.Server(
            "Redis",
            [redis, "--port", self._redis_port, "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder],
            self.folder / "redis-log")
        self.network = server.Server(
            "Bluesky", [cache.node_of(modules), cache.HERE / "bluesky.mjs"], self.folder / "log",
            env=os.environ | {
                "BED_MODULES": str(modules),
                "DB_POSTGRES_URL": self.postgres.url,
                "REDIS_HOST": f"127.0.0.1:{self._redis_port}",
                "LOG_ENABLED": "false",
            } | {f"BED_{name}_PORT": str(port) for name, port in self.ports.items()})

    def start(self):
        try:
            self.postgres.start()
            self.redis.start()
            self.redis.wait(self._redis_answers, _START_S_MAX)
            self.network.start()
            self.network.wait(
                lambda: b"READY" in self.network.log.read_bytes(), _START_S_MAX)
        except BaseException:
            self.stop()
            raise
        return self

    def _redis_answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self._redis_port), 1):
                return True
        except OSError:
            return False

    def stop(self):
        self.network.stop()
        self.redis.stop()
        self.postgres.__exit__()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def account(self, name):
        made = call(self.pds, "com.atproto.server.createAccount", {
            "handle": f"{name}.test", "email": f"{name}@example.test", "password": "pw-12345678"})
        return Account(self, f"{name}.test", made["did"], made["accessJwt"])

    def indexed(self, uri):
        """Its record as the AppView shows it, or None."""
        answer = call(self.app_view, "app.bsky.feed.getPosts", query={"uris": uri})
        return answer["posts"][0]["record"] if answer["posts"] else None

    def wait_indexed(self, uri, text=None):
        """Until the AppView shows the post, with that text; "": until it does not any more."""
        until = time.monotonic() + _INDEX_S_MAX
        while True:
            record = self.indexed(uri)
            if text == "":
                if record is None:
                    return
            elif record is not None and text in (None, record["text"]):
                return
            if time.monotonic() > until:
                raise server.BedError(f"the AppView has not followed after {_INDEX_S_MAX} s")
            time.sleep(0.1)


class Account:
    def __init__(self, network, handle, did, token):
        self.network = network
        self.handle = handle
        self.did = did
        self._token = token

    def app_password(self):
        return self._call("com.atproto.server.createAppPassword", {"name": "test"})["password"]

    def post(self, text, tags=(), parent=None, root=None):
        """Gives the URI. parent, root: URIs."""
        made = self._call("com.atproto.repo.createRecord", {
            "repo": self.did, "collection": _POST, "record": self._record(text, tags, parent, root)})
        self.network.cids[made["uri"]] = made["cid"]
        self.network.wait_indexed(made["uri"])
        return made["uri"]

    def _record(self, text, tags, parent, root):
        record = {"$type": _POST, "text": text, "langs": ["en"], "createdAt": _now(), "facets": []}
        for tag in tags:
            begin = text.encode().index(f"#{tag}".encode())
            record["facets"].append({
                "index": {"byteStart": begin, "byteEnd": begin + len(f"#{tag}".encode())},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}]})
        if parent:
            cids = self.network.cids  # of posts that may be deleted by now
            record["reply"] = {name: {"uri": uri, "cid": cids[uri]}
                               for name, uri in (("root", root or parent), ("parent", parent))}
        return record

    def get(self, uri):
        did, collection, rkey = uri.removeprefix("at://").split("/")
        return call(self.network.pds, "com.atproto.repo.getRecord",
                    query={"repo": did, "collection": collection, "rkey": rkey})

    def edit(self, uri, text):
        record = self.get(uri)["value"] | {"text": text}
        self._call("com.atproto.repo.putRecord", {
            "repo": self.did, "collection": _POST, "rkey": uri.rpartition("/")[2],
            "record": record})
        self.network.wait_indexed(uri, text)

    def delete(self, uri):
        self._call("com.atproto.repo.deleteRecord", {
            "repo": self.did, "collection": _POST, "rkey": uri.rpartition("/")[2]})
        self.network.wait_indexed(uri, "")

    def _call(self, nsid, body):
        return call(self.network.pds, nsid, body, token=self._token)


def _now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def call(base, nsid, body=None, query=None, token=None):
    """An XRPC call; with a body a procedure."""
    host = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
    path = f"/xrpc/{nsid}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
    headers = {"Host": host.netloc}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request("POST" if body is not None else "GET", path,
                           json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    finally:
        connection.close()
    if answer.status >= 300:
        try:
            name = json.loads(text).get("error", "")
        except ValueError:
            name = ""
        raise Refused(answer.status, name, text[:300])
    return json.loads(text) if text else {}
