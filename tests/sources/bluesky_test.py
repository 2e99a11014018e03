#!/usr/bin/env python3
"""Bluesky's own servers: a conversation with tagged and untagged replies, late ones, edits and
deletions is collected exactly; also when latecomer is killed, and connections are cut and slowed."""

import json
import os
import pathlib
import random
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "e2e"), str(_HERE.parents[1] / "tools" / "beds")]

import bluesky  # noqa: E402
import cache  # noqa: E402
import harness  # noqa: E402
import server  # noqa: E402
import toxiproxy  # noqa: E402

TAG = "OpenDay"
SEED = int(os.environ.get("LATECOMER_SEED", "5"))
KILLS = 6
COLLECT_S_MAX = 30

BED = None


class Talk:
    """Who says what in the network, and what of it has to be in the timeline."""

    def __init__(self, network, prefix):
        self.network = network
        self.people = [network.account(f"{prefix}-{name}") for name in ("ana", "ben", "cai")]
        self.expected = {}  # URI: (via, deleted, text)
        self.by = {}

    def say(self, who, text, tagged=False, parent=None, root=None, expected=True):
        uri = self.people[who].post(text, [TAG] if tagged else [], parent, root)
        self.by[uri] = who
        if expected:
            self.expected[uri] = ("tag" if tagged else "thread", False, text)
        return uri

    def edit(self, uri, text):
        self.people[self.by[uri]].edit(uri, text)
        self.expected[uri] = (self.expected[uri][0], False, text)

    def delete(self, uri):
        self.people[self.by[uri]].delete(uri)
        self.expected[uri] = (self.expected[uri][0], True, None)


class Bluesky(harness.EndToEnd):
    def config(self, base, account=None):
        port = harness.free_port()
        lines = [
            "[replay]", f'listen = "127.0.0.1:{port}"',
            "[log]", 'level = "trace"',
            "[ingest]", 'contact = "https://replay.example"', 'admin = "127.0.0.1:0"',
            'allowed_private = ["localhost", "127.0.0.1", "::1"]',
            "[[hashtag]]", f'name = "{TAG}"',
            "[[source]]", 'name = "sky"', 'kind = "bluesky"',
            f'base = ["{base}", "{BED.directory}"]']
        if account:
            password = self.write("app-password", account.app_password() + "\n")
            lines += [f'handle = "{account.handle}"', f'token_file = "{password}"']
        return self.write(f"settings-{port}.toml", "\n".join(lines) + "\n"), port

    def run_with(self, config):
        return self.start("run", "-c", config, "--data", self.data)

    def collected(self, config):
        out = self.export(tag=TAG.lower(), config=config).out
        entries = {}
        for line in out.splitlines():
            entry = json.loads(line)
            if entry["kind"] == "entry":
                entries[entry["id"]] = (entry["via"], entry["deleted"], entry["text"])
        return entries

    def collect(self, config, expected, what):
        """Runs, each time anew, until what is expected is there, and nothing else."""
        until = time.monotonic() + COLLECT_S_MAX
        while True:
            run = self.run_with(config)
            time.sleep(2)
            self.assertTrue(run.alive(), run.err()[-3000:])
            outcome = run.stop()
            self.assertEqual(outcome.rc, 0, outcome.err[-3000:])
            found = self.collected(config)
            if found == expected:
                return run
            if time.monotonic() > until:
                self.assertEqual(found, expected, f"{what}\n{outcome.err[-3000:]}")

    def test_a_conversation(self):
        talk = Talk(BED, "a")
        config, _ = self.config(BED.pds, talk.people[0])
        root = talk.say(0, f"Who teaches outdoors? #{TAG}", tagged=True)
        reply = talk.say(1, "I do, in the woods", parent=root)
        below = talk.say(2, "So do we", parent=reply, root=root)
        talk.say(1, "something else", expected=False)
        talk.say(2, f"a mere word: #{TAG}", expected=False)
        upper = talk.say(1, "an untagged beginning")
        talk.say(2, f"and #{TAG} joins it", tagged=True, parent=upper)
        run = self.collect(config, talk.expected, "the conversation")
        password = (self.dir / "app-password").read_text().strip()
        for secret in [password, *(text for _, _, text in talk.expected.values() if text)]:
            self.assertNotIn(secret, run.err())

        talk.edit(reply, "I do, by the lake")
        late = talk.say(2, "late, but here", parent=below, root=root)
        talk.say(0, f"still here #{TAG}", tagged=True, parent=late, root=root)
        self.collect(config, talk.expected, "a late reply and an edit")

        # What is below a deleted post is hidden with it, and lives on.
        talk.delete(reply)
        talk.say(0, f"who was that? #{TAG}", tagged=True, parent=late, root=root)
        self.collect(config, talk.expected, "a deletion in the middle")
        talk.delete(root)
        talk.say(1, f"the root is gone #{TAG}", tagged=True, parent=late, root=root)
        self.collect(config, talk.expected, "a deletion of the root")

    def test_killed_cut_and_slowed(self):
        chance = random.Random(SEED)
        talk = Talk(BED, "k")
        with toxiproxy.Toxiproxy(self.dir / "toxiproxy") as toxic:
            port = server.PORTS.take()
            proxy = toxic.add("app-view", port, BED.ports["APPVIEW"])
            config, _ = self.config(f"http://127.0.0.1:{port}")
            # The search is one for words: what the other test has left is part of it.
            self.collect_what_is_there(config, talk)
            root = talk.say(0, f"Everybody #{TAG}", tagged=True)
            last = root
            for number in range(KILLS):
                trouble = chance.choice([proxy.cut, proxy.reset, lambda: proxy.slow(150), proxy.heal])
                last = talk.say(chance.randrange(3), f"untagged {number}", parent=last, root=root)
                last = talk.say(chance.randrange(3), f"tagged {number} #{TAG}", tagged=True,
                                parent=last, root=root)
                if number == KILLS // 2:
                    talk.edit(last, f"edited {number} #{TAG}")
                run = self.run_with(config)
                time.sleep(chance.uniform(0.1, 0.8))
                trouble()
                time.sleep(chance.uniform(0.1, 0.8))
                run.end()
                proxy.heal()
            self.collect(config, talk.expected, f"after kills (seed {SEED})")

    def collect_what_is_there(self, config, talk):
        def settled():
            run = self.run_with(config)
            time.sleep(2)
            run.stop()
            return self.collected(config)

        before = settled()
        while (now := settled()) != before:
            before = now
        talk.expected.update(before)


def main():
    global BED
    try:
        cache.bluesky()
    except cache.CacheError as error:
        print(f"LATECOMER_SKIP: {str(error).splitlines()[0]}")
        return
    with tempfile.TemporaryDirectory(prefix="latecomer-bed-") as folder:
        os.chmod(folder, 0o755)
        with bluesky.Bluesky(pathlib.Path(folder) / "bluesky") as BED:
            harness.main()


if __name__ == "__main__":
    main()
