#!/usr/bin/env python3
"""What `forget` erases is gone from what is shown, from what is searched, and from the disk."""

import json

import harness
import posts

TAG = harness.TAG
AUTHOR = f"{posts.HOST}/u/erin"
# Words that stand in no other post, in the store as in an index of word parts.
SECRETS = {"post": "Quixotry zugzwang marmalade", "author": "Vexillology pneumatic bric-a-brac"}


class Forgetting(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.lines = list(posts.conversation(41, 2_000))
        by_erin = {
            "id": AUTHOR,
            "name": "Erin Oldbuck",
            "preferredUsername": "erinoldbuck@social.example",
        }
        self.lines[500:500] = [
            posts.note("gone", 2_000, f"<p>{SECRETS['post']}</p>"),
            posts.note(
                "answer", 2_100, "<p>an answer that stays</p>", inReplyTo=f"{posts.HOST}/s/gone"
            ),
            *(
                {
                    **posts.note(f"erin{n}", 2_200 + n, f"<p>{SECRETS['author']} {n}</p>"),
                    "attributedTo": by_erin,
                }
                for n in range(5)
            ),
        ]
        self.file = self.write("posts.jsonl", self.lines)
        self.imports(self.file)
        self.run_until_idle()

    def forget_both(self):
        one = self.call("forget", "--data", self.data, "--post", f"{posts.HOST}/s/gone")
        self.assertEqual(
            [json.loads(line) for line in one.out.splitlines()],
            [{"hashtag": TAG, "kind": "entry", "id": f"{posts.HOST}/s/gone"}],
        )
        self.assertIn("1 erased", one.err)
        many = self.call("forget", "--data", self.data, "--author", AUTHOR)
        self.assertEqual(len(many.out.splitlines()), 5, many.out)

    def bytes_of(self, *names):
        return b"".join(
            (self.data / name).read_bytes() for name in names if (self.data / name).exists()
        )

    def traces(self, content):
        """Which words of what was erased stand in the bytes."""
        words = [word for text in SECRETS.values() for word in text.split()]
        words += ["s/gone", AUTHOR, "Oldbuck", "erinoldbuck"]
        lower = content.lower()
        return [word for word in words if word.lower().encode() in lower]

    def test_gone_from_everything_that_is_shown(self):
        searched = self.call("search", "--data", self.data, "--json", "zugzwang")
        self.assertIn("s/gone", searched.out)
        self.forget_both()
        for form in ("timeline", "posts", "csv"):
            self.assertEqual(self.traces(self.export(form).out.encode()), [], form)
        for word in ("zugzwang", "Vexillology", "erinoldbuck"):
            self.assertEqual(self.call("search", "--data", self.data, "--json", word).out, "", word)
        self.assertIn("an answer that stays", self.export().out)
        self.assertIn(
            "urn:latecomer:forgotten:", self.export().out, "the answer keeps a place to hang from"
        )
        forgets = self.write(
            "forgets.jsonl",
            [
                {"v": 1, "type": "Forget", "post": f"{posts.HOST}/s/gone"},
                {"v": 1, "type": "Forget", "author": AUTHOR},
            ],
        )
        self.assert_store_holds([self.file, forgets], "forgotten in the store as in a preview")

    def test_gone_from_the_disk(self):
        self.assertEqual(
            len(self.traces(self.bytes_of("store.db", "store.db-wal"))),
            10,
            "all of it stands in the store before",
        )
        self.forget_both()
        self.run_until_idle()
        self.assertEqual(self.traces(self.bytes_of("store.db", "store.db-wal", "store.db-shm")), [])

    def texts_in_stream(self):
        # Ids stay in the keys of tombstones for the time that those are kept.
        stream = self.bytes_of("stream.db", "stream.db-wal")
        return [word for word in self.traces(stream) if "/" not in word]

    def test_gone_from_the_stream_where_none_runs(self):
        self.assertNotEqual(self.texts_in_stream(), [], "it stands in the stream before")
        self.forget_both()
        self.assertEqual(self.texts_in_stream(), [])

    def test_the_stream_of_a_run_keeps_it_no_longer_than_its_grace(self):
        """Without grace: trimming `posts` and compacting `timelines` takes it from the disk."""
        run = self.start("run", "--data", self.data, "-c", self.settings())
        harness.wait_until((self.data / "run.lock").exists, "it runs")
        self.forget_both()
        self.assertEqual(run.stop().rc, 0)
        # Cleaning begins half a minute after a start.
        run = self.start(
            "run", "--data", self.data, "-c", self.settings('[processor]\ngrace = "0s"')
        )
        harness.wait_until(
            lambda: not self.texts_in_stream(), "the text is gone from stream.db", 60
        )
        self.assertEqual(run.stop().rc, 0)

    def test_it_does_not_come_back(self):
        self.forget_both()
        counts = self.counts(self.imports(self.write("again.jsonl", self.lines[::-1]), "--json"))
        self.assertEqual(counts["forgotten"], 6, counts)
        self.assertEqual(counts["new"], 0, counts)
        self.run_until_idle()
        self.assertEqual(self.traces(self.export("posts").out.encode()), [])
        self.assertEqual(self.traces(self.bytes_of("store.db", "store.db-wal")), [])

    def test_before_it_is_there(self):
        later = f"{posts.HOST}/s/later"
        self.assertEqual(self.call("forget", "--data", self.data, "--post", later).out, "")
        counts = self.counts(
            self.imports(self.write("later.jsonl", [posts.note("later", 9)]), "--json")
        )
        self.assertEqual((counts["forgotten"], counts["new"]), (1, 0), counts)
        self.run_until_idle()
        self.assertNotIn(later, self.export("posts").out)


if __name__ == "__main__":
    harness.main()
