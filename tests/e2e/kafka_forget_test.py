#!/usr/bin/env python3
"""What `forget` erases is gone from Kafka's topics, once they are compacted, and from PostgreSQL:
from what they answer and from their files."""

import time

import distributed
import harness
import posts

AUTHOR = f"{posts.HOST}/u/erin"
# Words that stand in no other post, in the store as in an index of word parts.
SECRETS = ("Quixotry zugzwang marmalade", "Vexillology pneumatic bric-a-brac")
WORDS = [word for text in SECRETS for word in text.split()] + ["Oldbuck", "erinoldbuck"]


class Forgetting(distributed.Distributed):
    # Compaction at once, instead of within days.
    BROKER_SETTINGS = {
        "log.roll.ms": "1000",
        "log.cleaner.min.cleanable.ratio": "0.001",
        "log.retention.check.interval.ms": "500",
        "log.segment.delete.delay.ms": "200",
    }

    def setUp(self):
        super().setUp()
        by_erin = {
            "id": AUTHOR,
            "name": "Erin Oldbuck",
            "preferredUsername": "erinoldbuck@social.example",
        }
        lines = list(posts.conversation(41, 500))
        lines[200:200] = [
            posts.note("gone", 2_000, f"<p>{SECRETS[0]}</p>"),
            posts.note("answer", 2_100, "<p>it stays</p>", inReplyTo=f"{posts.HOST}/s/gone"),
            *(
                {
                    **posts.note(f"erin{n}", 2_200 + n, f"<p>{SECRETS[1]} {n}</p>"),
                    "attributedTo": by_erin,
                }
                for n in range(5)
            ),
        ]
        self.file = self.write("posts.jsonl", lines)

    def traces_in_topics(self):
        found = {}
        for topic in ("posts", "timelines"):
            text = b"".join((value or b"") for _, _, _, value in self.records(topic)).lower()
            found[topic] = [word for word in WORDS if word.lower().encode() in text]
        return found

    def traces_in_files(self):
        """Of the broker; batches are compressed, so this finds what was small enough to be not."""
        text = b"".join(
            path.read_bytes()
            for path in (self.kafka.folder / "node1" / "data").glob(f"{self.prefix}*/*.log")
        ).lower()
        return [word for word in WORDS if word.lower().encode() in text]

    def traces_in_database(self):
        text = self.postgres.dump(self.database).lower()
        return [word for word in WORDS if word.lower() in text]

    def test_nothing_is_left(self):
        config = self.kafka_settings("[processor]\ngrace = \"0s\"\n")
        self.start_daemons(config, "process-1", "sink-1")
        self.call("import", "-c", config, "--hashtag", harness.TAG, self.file)
        self.wait_for_timeline(config, self.preview(self.file).out, "before")
        self.assertEqual(self.traces_in_topics(), {"posts": WORDS, "timelines": WORDS})
        self.assertEqual(self.traces_in_database(), WORDS)

        one = self.call("forget", "-c", config, "--post", f"{posts.HOST}/s/gone")
        self.assertIn("s/gone", one.out)
        many = self.call("forget", "-c", config, "--author", AUTHOR)
        self.assertEqual(len(many.out.splitlines()), 5, many.out)
        forgets = self.write(
            "forgets.jsonl",
            [
                {"v": 1, "type": "Forget", "post": f"{posts.HOST}/s/gone"},
                {"v": 1, "type": "Forget", "author": AUTHOR},
            ],
        )
        expected = self.preview(self.file, forgets).out
        self.wait_for_timeline(config, expected, "forgotten")
        harness.wait_until(
            lambda: not self.traces_in_database(), f"gone from PostgreSQL: {self.database}", 30
        )

        # Trimming begins with a start; segments roll when something comes after them.
        self.stop_daemon(self.daemons["process-1"])
        self.start_daemon("process-1", config)
        self.wait_ready()

        def compacted():
            number = int(time.monotonic() * 1000)
            later = self.write(f"later{number}.jsonl", [posts.note(number, 9_000)])
            self.call("import", "-c", config, "--hashtag", harness.TAG, later)
            time.sleep(1.2)
            return not any(self.traces_in_topics().values())

        harness.wait_until(compacted, "gone from the topics", 60)
        harness.wait_until(lambda: not self.traces_in_files(), "gone from the broker's files", 20)
        # Imported again, it does not come back.
        again = self.write("again.jsonl", self.file.read_bytes()[::1] + b"\n")
        self.call("import", "-c", config, "--hashtag", harness.TAG, again)
        time.sleep(2)
        self.assertEqual(self.traces_in_topics()["timelines"], [])
        self.assertEqual(self.traces_in_database(), [])


if __name__ == "__main__":
    distributed.main()
