#!/usr/bin/env python3
"""Two real relays of Nostr: a conversation with tagged and untagged replies, late ones, comments,
reposts and deletions, spread over both, is collected exactly; also when latecomer is killed, and
connections are cut and slowed."""

import json
import os
import pathlib
import random
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "e2e"), str(_HERE.parents[1] / "tools" / "beds")]

import cache  # noqa: E402
import harness  # noqa: E402
import nostr  # noqa: E402
import server  # noqa: E402
import toxiproxy  # noqa: E402

TAG = "OpenDay"
SEED = int(os.environ.get("LATECOMER_SEED", "5"))
KILLS = 5
RUN_S_MAX = 15
COLLECT_S_MAX = 75
NOTE, DELETION, REPOST, COMMENT = 1, 5, 6, 1111


class Talk:
    """What is said on the relays, and what of it has to be in the timeline."""

    def __init__(self, author, first, second):
        self.author = author
        self.relays = {"first": [first], "second": [second], "both": [first, second]}
        self.expected = {}  # text: (via, deleted, text of the parent)
        self.ids = {}
        self.by = {}
        self.clock = int(time.time()) - 5_000

    def say(self, text, tags=(), parent=None, root=None, where="both", who=1, kind=NOTE, expected=True):
        self.clock += 1
        place = []
        if kind == COMMENT:
            place = [["E", self.ids[root]], ["K", "1"], ["e", self.ids[parent]], ["k", "1"]]
        elif parent:
            if root and root != parent:
                place.append(["e", self.ids[root], "", "root"])
            place.append(["e", self.ids[parent], "", "reply" if root != parent else "root"])
        self.ids[text] = self.author.publish(
            self.relays[where], kind, [["t", tag] for tag in tags] + place, text, who, self.clock)
        self.by[text] = who
        if expected:
            self.expected[text] = ("tag" if tags else "thread", parent)

    def delete(self, text, who=None):
        self.clock += 1
        self.author.publish(self.relays["both"], DELETION, [["e", self.ids[text]]], "",
                            who or self.by[text], self.clock)
        if who is None:
            self.expected[text] = "deleted"


class Nostr(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.relays = []
        for name in ("first", "second"):
            relay = nostr.Relay(self.dir / "relays", name)
            self.addCleanup(relay.process.kill)
            self.relays.append(relay.start())
        self.author = nostr.Author()
        self.addCleanup(self.author.__exit__)

    def config(self, *addresses):
        port = harness.free_port()
        return self.write("settings.toml", "\n".join([
            "[replay]", f'listen = "127.0.0.1:{port}"',
            "[log]", 'level = "trace"',
            "[ingest]", 'contact = "https://replay.example"', 'admin = "127.0.0.1:0"',
            'allowed_private = ["127.0.0.1"]',
            "[[hashtag]]", f'name = "{TAG}"',
            "[[source]]", 'name = "relays"', 'kind = "nostr"',
            "base = [" + ", ".join(f'"{address}"' for address in addresses) + "]"]) + "\n")

    def collected(self, talk, config):
        texts = {identity: text for text, identity in talk.ids.items()}
        entries = [json.loads(line)
                   for line in self.export(tag=TAG.lower(), config=config).out.splitlines()]
        entries = [entry for entry in entries if entry["kind"] == "entry"]
        by_id = {entry["id"]: entry["text"] for entry in entries}
        found = {}
        for entry in entries:
            if entry["deleted"]:
                text = texts.get(_hex(entry["id"]), entry["id"])
                found[text] = "deleted"
            else:
                parent = entry["parent"]
                known = by_id.get(parent) or texts.get(_hex(parent), parent) if parent else None
                found[entry["text"]] = (entry["via"], known)
        return found

    def collect(self, talk, config, what):
        """Runs, each time anew, until what is expected is there, and nothing else."""
        until = time.monotonic() + COLLECT_S_MAX
        seconds = 2
        while True:
            run = self.start("run", "-c", config, "--data", self.data)
            time.sleep(seconds)
            self.assertTrue(run.alive(), run.err()[-3000:])
            outcome = run.stop()
            self.assertEqual(outcome.rc, 0, outcome.err[-3000:])
            found = self.collected(talk, config)
            if found == talk.expected:
                return outcome
            if time.monotonic() > until:
                self.assertEqual(found, talk.expected, f"{what}\n{outcome.err[-3000:]}")
            seconds = min(seconds * 2, RUN_S_MAX)

    def test_a_conversation(self):
        first, second = (relay.url for relay in self.relays)
        talk = Talk(self.author, first, second)
        config = self.config(first, second)
        talk.say("the root, untagged", where="first")
        talk.say("a reply, untagged", parent="the root, untagged", root="the root, untagged",
                 where="second", who=2)
        talk.say("in the middle", ["openday"], parent="a reply, untagged",
                 root="the root, untagged", where="second")
        talk.say("below it, as written", parent="in the middle", root="the root, untagged", who=3)
        talk.say("knows its parent only", parent="below it, as written", where="first", who=2)
        talk.say("a comment", parent="in the middle", root="the root, untagged", who=3,
                 kind=COMMENT)
        talk.say("another beginning", ["OpenDay"], who=2)
        talk.say("none of it", ["other"], expected=False)
        talk.say("no tag, no reply", expected=False, who=3)
        self.author.publish([first, second], REPOST, [["e", talk.ids["in the middle"]]], "", 4)
        outcome = self.collect(talk, config, "the conversation")
        for text in talk.ids:
            self.assertNotIn(text, outcome.err)

        talk.say("late, untagged", parent="another beginning", root="another beginning", who=3)
        talk.say("late, tagged", ["OPENDAY"], parent="knows its parent only", who=3)
        talk.delete("below it, as written")
        talk.delete("another beginning", who=3)  # not the author's: nothing comes of it
        self.collect(talk, config, "late replies and deletions")

    def test_heard_while_it_runs(self):
        first, second = (relay.url for relay in self.relays)
        talk = Talk(self.author, first, second)
        config = self.config(first, second)
        talk.say("at first", ["openday"])
        run = self.start("run", "-c", config, "--data", self.data)
        time.sleep(3)
        talk.say("live", ["openday"], where="second", who=2)
        time.sleep(8)
        talk.say("a live reply", parent="live", root="live", where="second", who=3)
        time.sleep(7)
        talk.delete("at first")
        time.sleep(3)
        outcome = run.stop()
        self.assertEqual(outcome.rc, 0, outcome.err[-3000:])
        self.assertEqual(self.collected(talk, config), talk.expected, outcome.err[-3000:])

    def test_killed_cut_and_slowed(self):
        chance = random.Random(SEED)
        first, second = (relay.url for relay in self.relays)
        talk = Talk(self.author, first, second)
        with toxiproxy.Toxiproxy(self.dir / "toxiproxy") as toxic:
            port = server.PORTS.take()
            proxy = toxic.add("relay", port, self.relays[1].port)
            config = self.config(first, f"ws://127.0.0.1:{port}")
            talk.say("root", ["openday"])
            last = "root"
            for number in range(KILLS):
                trouble = chance.choice([proxy.cut, proxy.reset, lambda: proxy.slow(150), proxy.heal])
                for text, tags in ((f"untagged {number}", []), (f"tagged {number}", ["openday"])):
                    talk.say(text, tags, parent=last, root="root", who=chance.randrange(1, 4),
                             where=chance.choice(["first", "second", "both"]))
                    last = text
                run = self.start("run", "-c", config, "--data", self.data)
                time.sleep(chance.uniform(0.1, 1.2))
                trouble()
                time.sleep(chance.uniform(0.1, 1.2))
                run.end()
                proxy.heal()
            talk.delete("tagged 1")
            self.collect(talk, config, f"after kills (seed {SEED})")


_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _hex(identity):
    """The event's id in a post's: bech32 without looking at its checksum."""
    digits = [_ALPHABET.index(c) for c in identity.removeprefix("nostr:note1")[:-6]]
    number = int("".join(f"{digit:05b}" for digit in digits)[:256], 2)
    return f"{number:064x}"


def main():
    try:
        cache.nostr()
    except cache.CacheError as error:
        print(f"LATECOMER_SKIP: {str(error).splitlines()[0]}")
        return
    harness.main()


if __name__ == "__main__":
    main()
