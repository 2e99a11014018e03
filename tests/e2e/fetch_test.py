#!/usr/bin/env python3
"""`latecomer fetch`: one hashtag from one server into a file; killed and run again it goes on."""

import http.server
import json
import random
import signal
import threading
import time

import harness

TAG = harness.TAG
PAGE_ITEMS = 10


class Blog:
    """A feed in pages (RFC 5005), each of which takes a moment."""

    def __init__(self, items, delay_s=0.0):
        self.items = items
        self.delay_s = delay_s
        self.requests = []
        blog = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                blog.requests.append((self.path, self.headers.get("User-Agent", "")))
                time.sleep(blog.delay_s)
                body = blog.page(self.path).encode()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/rss+xml" if body else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # the process that asked was killed

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def page(self, path):
        """Page 0 has the newest; each names the next, older one."""
        if not path.startswith("/feed"):
            return ""
        number = int(path.partition("page=")[2] or 0)
        newest_first = list(range(self.items))[::-1]
        shown = newest_first[number * PAGE_ITEMS:(number + 1) * PAGE_ITEMS]
        more = (number + 1) * PAGE_ITEMS < self.items
        link = (f'<atom:link rel="next" href="{self.url}/feed?page={number + 1}"/>' if more else "")
        return ('<?xml version="1.0"?><rss version="2.0" '
                'xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A blog</title>'
                f"<link>{self.url}/</link>{link}"
                + "".join(self.item(i) for i in shown) + "</channel></rss>")

    def item(self, number):
        tag = TAG if number % 5 else "something"
        return (f'<item><guid isPermaLink="true">https://blog.example/{number}</guid>'
                f"<title>Post {number}</title><category>{tag}</category>"
                f"<pubDate>Mon, {1 + number % 28:02d} Feb 2016 10:00:00 +0000</pubDate>"
                f"<description>Number {number}</description></item>")

    def expected(self):
        return {f"https://blog.example/{number}" for number in range(self.items) if number % 5}


class Fetch(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.config = self.dir / "fetch.toml"
        self.config.write_text('[ingest]\ncontact = "test@blog.example"\n'
                                 'allowed_private = ["127.0.0.1"]\n')
        self.file = self.dir / "out.jsonl"

    def blog(self, *arguments):
        blog = Blog(*arguments)
        self.addCleanup(blog.close)
        return blog

    def command(self, blog, *more):
        return ["fetch", "-c", self.config, "--hashtag", TAG, "--source", blog.url + "/feed",
                "-o", self.file, *more]

    def ids(self):
        return [post["id"] for post in map(json.loads, self.file.read_text().splitlines())
                if post.get("type") == "Note"]

    def test_whole_and_then_only_what_is_new(self):
        blog = self.blog(57)
        self.call(*self.command(blog))
        self.assertEqual(set(self.ids()), blog.expected())
        self.assertEqual(len(self.ids()), len(blog.expected()))
        self.assertTrue(all("test@blog.example" in agent for _, agent in blog.requests))
        blog.items += 3
        self.call(*self.command(blog))
        self.assertEqual(set(self.ids()), blog.expected())
        self.assertEqual(len(self.ids()), len(blog.expected()))

    def test_killed_again_and_again(self):
        blog = self.blog(300, 0.03)
        dice = random.Random(7)
        kills = 0
        for _ in range(40):
            process = self.start(*self.command(blog))
            until = time.monotonic() + dice.uniform(0.1, 0.6)
            while time.monotonic() < until and process.alive():
                time.sleep(0.01)
            if not process.alive():
                break
            process.send(signal.SIGKILL)
            process.wait()
            kills += 1
        self.assertGreater(kills, 2)
        self.call(*self.command(blog))
        self.assertEqual(set(self.ids()), blog.expected())

    def test_stopped_it_says_how_to_go_on(self):
        blog = self.blog(300, 0.2)
        process = self.start(*self.command(blog))
        deadline = time.monotonic() + 20
        while len(blog.requests) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send(signal.SIGINT)
        outcome = process.wait(10)
        self.assertEqual(outcome.rc, 1)
        self.assertIn("run the same command again", outcome.err)

    def test_what_is_wrong_is_said(self):
        blog = self.blog(5)
        outcome = self.call("fetch", "--hashtag", TAG, "--source", blog.url, rc=2)
        self.assertIn("--contact", outcome.err)
        outcome = self.call(*self.command(blog, "--kind", "telegraph"), rc=2)
        self.assertIn("telegraph", outcome.err)
        outcome = self.call("fetch", "-c", self.config, "--hashtag", TAG, "--source",
                                  blog.url + "/nothing", "-o", self.file, rc=2)
        self.assertIn("--kind", outcome.err)
        self.file.write_text("a file of mine\n")
        self.call(*self.command(blog), rc=2)
        self.assertEqual(self.file.read_text(), "a file of mine\n")

    def test_its_file_is_imported(self):
        blog = self.blog(20)
        self.call(*self.command(blog))
        outcome = self.imports(self.file)
        self.assertIn(str(len(blog.expected())), outcome.err)


if __name__ == "__main__":
    harness.main()
