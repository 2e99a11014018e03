"""toxiproxy between clients and servers: connections cut, slowed, reset.

    with Toxiproxy(folder) as toxiproxy:
        proxy = toxiproxy.add("kafka-1", listen_port, upstream_port)
        proxy.cut(); proxy.restore(); proxy.slow(200); proxy.reset(); proxy.heal()
"""

import http.client
import json
import pathlib

import cache
import server


class Toxiproxy:
    """The server; its API is HTTP on `port`."""

    def __init__(self, folder):
        self.port = server.PORTS.take()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = server.Server(
            "toxiproxy", [cache.toxiproxy(), "-host", "127.0.0.1", "-port", self.port],
            self.folder / "log")
        self.proxies = {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process.start()
        self.process.wait(self._answers, 30)
        return self

    def add(self, name, listen_port, upstream_port):
        self.call("POST", "/proxies", {
            "name": name,
            "listen": f"127.0.0.1:{listen_port}",
            "upstream": f"127.0.0.1:{upstream_port}",
        })
        self.proxies[name] = Proxy(self, name)
        return self.proxies[name]

    def heal(self):
        for proxy in self.proxies.values():
            proxy.heal()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 300:
                raise server.BedError(f"toxiproxy: {method} {path}: {answer.status} {text!r}")
            return text
        finally:
            connection.close()

    def _answers(self):
        try:
            self.call("GET", "/version")
            return True
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.process.kill()


class Proxy:
    """One listening port and what is done to its connections."""

    def __init__(self, toxiproxy, name):
        self._toxiproxy = toxiproxy
        self.name = name

    def cut(self):
        """Ends all connections and refuses new ones."""
        self._toxiproxy.call("POST", f"/proxies/{self.name}", {"enabled": False})

    def restore(self):
        self._toxiproxy.call("POST", f"/proxies/{self.name}", {"enabled": True})

    def slow(self, ms):
        """So much later in each direction."""
        for stream in ("upstream", "downstream"):
            self._toxic(f"slow_{stream}", "latency", stream, {"latency": ms, "jitter": ms // 4})

    def reset(self):
        """Every connection gets a TCP reset as soon as data comes, until healed."""
        self._toxic("reset", "reset_peer", "downstream", {"timeout": 0})

    def swallow(self):
        """Connections stay open and nothing comes through, until healed."""
        self._toxic("swallow", "timeout", "downstream", {"timeout": 0})

    def narrow(self, kib_s):
        """Bandwidth."""
        self._toxic("narrow", "bandwidth", "downstream", {"rate": kib_s})

    def heal(self):
        for toxic in json.loads(self._toxiproxy.call("GET", f"/proxies/{self.name}/toxics")):
            self._toxiproxy.call("DELETE", f"/proxies/{self.name}/toxics/{toxic['name']}")
        self.restore()

    def _toxic(self, name, kind, stream, attributes):
        self._toxiproxy.call("POST", f"/proxies/{self.name}/toxics", {
            "name": name, "type": kind, "stream": stream, "attributes": attributes})
