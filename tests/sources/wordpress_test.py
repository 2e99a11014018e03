#!/usr/bin/env python3
"""A real WordPress: tagged posts with their comment trees, late comments, edits, trashed and deleted
posts and comments are collected exactly, over its REST API and by its feeds; also when latecomer is
killed, and connections are cut and slowed."""

import json
import os
import pathlib
import random
import sys
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "e2e"), str(_HERE.parents[1] / "tools" / "beds")]

import cache  # noqa: E402
import harness  # noqa: E402
import server  # noqa: E402
import toxiproxy  # noqa: E402
import wordpress  # noqa: E402

TAG = "OpenDay"
SEED = int(os.environ.get("LATECOMER_SEED", "7"))
KILLS = 6


class Blog:
    """What is said on the blog, and what of it has to be in the timeline."""

    def __init__(self, bed):
        self.bed = bed
        self.tag = bed.post("tags", name=TAG)["id"]
        self.expected = {}  # id: (text, via, parent) or "deleted"
        self.ids = {}

    def post(self, title, text, tagged=True, via="tag"):
        made = self.bed.post("posts", title=title, content=f"<p>{text}</p>", status="publish",
                             tags=[self.tag] if tagged else [])
        identity = made["guid"]["rendered"]
        self.ids[made["id"]] = identity
        if via:
            self.expected[identity] = (f"{title}\n{text}", via, None)
        return made["id"]

    def comment(self, post, text, parent=0, via="thread"):
        made = self.bed.post("comments", post=post, parent=parent, content=text)
        identity = f"{self.ids[post]}#comment-{made['id']}"
        to = f"{self.ids[post]}#comment-{parent}" if parent else self.ids[post]
        self.ids[(post, made["id"])] = identity
        if via:
            self.expected[identity] = (text, via, to)
        return made["id"]

    def edit_post(self, post, title, text):
        self.bed.post(f"posts/{post}", title=title, content=f"<p>{text}</p>")
        self.expected[self.ids[post]] = (f"{title}\n{text}", "tag", None)

    def edit_comment(self, post, comment, text):
        self.bed.post(f"comments/{comment}", content=text)
        _, via, parent = self.expected[self.ids[(post, comment)]]
        self.expected[self.ids[(post, comment)]] = (text, via, parent)

    def drop_comment(self, post, comment, force):
        self.bed.delete(f"comments/{comment}", force)
        self.expected[self.ids[(post, comment)]] = "deleted"


class WordPress(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        folder = self.enter(server.folder())
        proxies = self.enter(toxiproxy.Toxiproxy(folder / "toxiproxy"))
        own, via = server.PORTS.take(), server.PORTS.take()
        self.proxy = proxies.add("blog", via, own)
        self.bed = self.enter(wordpress.WordPress(folder / "w", port=own, via=via))
        self.blog = Blog(self.bed)
        self.random = random.Random(SEED)

    def enter(self, context):
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def config(self, kind, base):
        port = harness.free_port()
        return self.write(f"{kind}.toml", "\n".join([
            "[log]", 'level = "trace"',
            "[replay]", f'listen = "127.0.0.1:{port}"',
            "[ingest]", 'contact = "https://replay.example"', 'admin = "127.0.0.1:0"',
            'allowed_private = ["127.0.0.1"]',
            "[[hashtag]]", f'name = "{TAG}"',
            "[[source]]", 'name = "blog"', f'kind = "{kind}"', f'base = "{base}"']) + "\n")

    def collected(self, config):
        entries = [json.loads(line)
                   for line in self.export(tag=TAG.lower(), config=config).out.splitlines()]
        return {entry["id"]: "deleted" if entry["deleted"] else
                (entry["text"], entry["via"], entry["parent"])
                for entry in entries if entry["kind"] == "entry"}

    def collect(self, config):
        outcome = self.run_until_idle(config=config, seconds=60)
        self.assert_same(self.collected(config))
        for seen in self.blog.expected.values():
            if seen != "deleted":
                self.assertNotIn(seen[0].splitlines()[-1], outcome.err)

    def assert_same(self, now):
        for identity in sorted(now.keys() | self.blog.expected.keys()):
            self.assertEqual(now.get(identity), self.blog.expected.get(identity), identity)

    def start_talk(self):
        blog = self.blog
        self.first = blog.post("Doors", "The doors are open")
        self.second = blog.post("Programme", "Ten sessions, caf\u00e9 & tea")
        self.third = blog.post("Short", "It will not last")
        self.text = blog.post("Elsewhere", f"See you at #{TAG}!", tagged=False)
        self.other = blog.post("Soup", "Lunch is served", tagged=False, via=None)
        self.hello = blog.comment(self.first, "I shall be there")
        self.reply = blog.comment(self.first, "So shall I", self.hello)
        self.deep = blog.comment(self.first, "And I", self.reply)
        for number in range(120):  # more than a page
            blog.comment(self.second, f"Question {number}")
        self.lost = blog.comment(self.third, "What a pity")
        blog.comment(self.other, "With bread", via=None)

    def test_rest(self):
        blog = self.blog
        self.start_talk()
        config = self.config("wordpress", self.bed.url)
        self.collect(config)

        # A comment brings what it stands on into the conversation.
        soup = blog.ids[self.other]
        blog.expected[soup] = ("Soup\nLunch is served", "thread", None)
        bread = next(key for key in blog.ids if isinstance(key, tuple) and key[0] == self.other)
        blog.expected[blog.ids[bread]] = ("With bread", "thread", soup)
        blog.comment(self.other, f"Better than at #{TAG}", via="tag")
        blog.comment(self.first, "Years later", self.deep)
        blog.edit_post(self.second, "The programme", "Eleven sessions")
        blog.edit_comment(self.first, self.hello, "I was there")
        blog.drop_comment(self.first, self.reply, force=False)
        # In the trash for less than a day: it may come back. Its comment cannot be read either.
        self.bed.delete(f"posts/{self.third}")
        self.collect(config)
        self.bed.delete(f"posts/{self.third}", force=True)
        blog.expected[blog.ids[self.third]] = "deleted"
        blog.expected[blog.ids[(self.third, self.lost)]] = "deleted"
        blog.drop_comment(self.first, self.deep, force=True)
        self.collect(config)

    def test_killed_and_cut(self):
        blog = self.blog
        self.start_talk()
        config = self.config("wordpress", self.bed.url)
        for number in range(KILLS):
            blog.comment(self.first, f"While it is killed {number}")
            run = self.start("run", "--data", self.data, "--until-idle", "-c", config)
            time.sleep(self.random.uniform(0.05, 1.2))
            if number % 3 == 1:
                self.proxy.cut()
                time.sleep(0.3)
                self.proxy.restore()
            elif number % 3 == 2:
                self.proxy.slow(60)
            run.end()
            self.proxy.heal()
            if number == KILLS // 2:
                blog.edit_comment(self.first, self.hello, "I was there")
                blog.drop_comment(self.first, self.deep, force=True)
        # What was deleted before it was ever read is no loss.
        now = self.collected_after(config)
        deleted = blog.ids[(self.first, self.deep)]
        if deleted not in now:
            del blog.expected[deleted]
        self.assert_same(now)

    def collected_after(self, config):
        self.run_until_idle(config=config, seconds=60)
        return self.collected(config)

    def test_feed(self):
        blog = self.blog
        self.start_talk()
        config = self.config("feed", f"{self.bed.url}/?feed=atom")
        now = self.collected_after(config)
        # A feed of comments holds the ten newest; their order within a second is WordPress's.
        for identity in list(blog.expected):
            if identity.startswith(blog.ids[self.second] + "#") and identity not in now:
                del blog.expected[identity]
        self.assertEqual(
            sum(identity.startswith(blog.ids[self.second] + "#") for identity in now), 10)
        self.assert_feed(now)
        blog.comment(self.first, "Years later", self.deep)
        blog.edit_post(self.first, "Doors", "The doors are closed")
        self.assert_feed(self.collected_after(config))

    def assert_feed(self, now):
        """Feeds say before a comment whom it answers."""
        plain = {identity: seen if seen == "deleted" else
                 (seen[0].rpartition("\n")[2] if "#comment-" in identity else seen[0], *seen[1:])
                 for identity, seen in now.items()}
        self.assert_same(plain)


if __name__ == "__main__":
    try:
        cache.toxiproxy()
    except cache.CacheError as error:
        print(f"LATECOMER_SKIP: {error}")
        sys.exit(0)
    harness.main()
