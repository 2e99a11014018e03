#!/usr/bin/env python3
"""Zombies: a daemon that was paused for longer than its group waits wakes up and changes nothing;
and one that is gone for good is followed by another."""

import shutil
import time

import distributed
import harness
import posts

SEED = 31
PAUSED_S = distributed.SESSION_TIMEOUT_S + 2


class Zombies(distributed.Distributed):
    def setUp(self):
        super().setUp()
        self.inbox = self.dir / "inbox"
        self.inbox.mkdir()
        self.config = self.kafka_settings(inbox=self.inbox)
        lines = list(posts.conversation(SEED, 8_000))
        self.files = [self.write(f"part{n}.jsonl", lines[n::4]) for n in range(4)]

    def put(self, file):
        """Into the watched folder, whole."""
        shutil.copy(file, self.inbox / ("." + file.name))
        (self.inbox / ("." + file.name)).rename(self.inbox / file.name)

    def imported(self, file):
        self.call("import", "-c", self.config, "--hashtag", harness.TAG, file, seconds=120)

    def wait_for(self, count, what):
        expected = self.preview(*self.files[:count]).out
        self.wait_for_timeline(self.config, expected, what)

    def zombie(self, kind, feed, others):
        """`kind`-1 is paused while it works, `kind`-2 takes over, and then the first wakes up."""
        self.start_daemons(self.config, f"{kind}-1", *others)
        self.wait_ready()
        feed(self.files[0])
        time.sleep(0.3)
        zombie = self.daemons[f"{kind}-1"]
        distributed.pause(zombie)
        paused = time.monotonic()
        heir = self.start_daemon(f"{kind}-2", self.config)
        feed(self.files[1])
        self.wait_for(2, f"{heir.name} has taken over")
        taken_over = time.monotonic() - paused
        # Its session, the transaction that it may have left open, and a rebalance.
        self.assertLess(taken_over, 60, "seconds until another had taken over")
        left = PAUSED_S - taken_over
        if left > 0:
            time.sleep(left)
        before = self.written()
        distributed.resume(zombie)
        time.sleep(4)
        self.assert_alive()
        self.assertEqual(self.written(), before, "a zombie has written")
        feed(self.files[2])
        self.wait_for(3, "both work")
        # And the other way round, for good.
        heir.end()
        del self.daemons[heir.name]
        feed(self.files[3])
        self.wait_for(4, f"{zombie.name} has taken over from one that was killed")

    def written(self):
        """What stands in the topics and in the store, in numbers."""
        return (
            [len(self.records(topic)) for topic in ("posts", "timelines")],
            self.postgres.rows(self.database),
        )

    def test_process(self):
        self.zombie("process", self.imported, ("sink-1",))

    def test_sink(self):
        self.zombie("sink", self.imported, ("process-1",))

    def test_ingest(self):
        self.zombie("ingest", self.put, ("process-1", "sink-1"))
        lines = sum(file.read_bytes().count(b"\n") for file in self.files)
        self.assertEqual(
            sum(b'"type":"Coverage"' not in value for _, _, _, value in self.records("posts")),
            lines,
            "each post once in the topic",
        )


if __name__ == "__main__":
    distributed.main()
