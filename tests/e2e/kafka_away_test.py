#!/usr/bin/env python3
"""Broker or database away, at the start and in between: the daemons wait, say so once, count it, and
go on by themselves. LATECOMER_AWAY_S (default 12) says for how long."""

import os
import threading
import time

import distributed
import harness
import posts

SEED = 37
AWAY_S = float(os.environ.get("LATECOMER_AWAY_S", "12"))
# What a daemon may take beside what it takes anyway.
MORE_KIB_MAX = 96 * 1024
# Lines that a daemon may write about one outage: that it began, that it is over, what it means.
LINES_MAX = 8
NAMES = ("ingest-1", "process-1", "sink-1", "replay-1")


class Away(distributed.Distributed):
    def setUp(self):
        super().setUp()
        lines = list(posts.conversation(SEED, 6_000))
        self.files = [self.write(f"part{n}.jsonl", lines[n::3]) for n in range(3)]
        self.inbox = self.dir / "inbox"
        self.inbox.mkdir()

    def expected(self, count):
        return self.preview(*self.files[:count]).out

    def put(self, config, file):
        self.call("import", "-c", config, "--hashtag", harness.TAG, file, seconds=120)

    def away(self):
        """The daemons live through it: with few words, little memory, and not ready."""
        before = {name: self.daemons[name].err().count("\n") for name in NAMES}
        memory = {name: distributed.peak_kib(self.daemons[name].pid) for name in NAMES}
        until = time.monotonic() + AWAY_S
        unready = set()
        while time.monotonic() < until:
            self.assert_alive()
            for name in NAMES:
                if self.status(self.daemons[name], "/readyz") == 503:
                    unready.add(name)
                self.assertIn(
                    self.status(self.daemons[name], "/healthz"), (0, 200), f"{name} is not dead"
                )
            time.sleep(0.5)
        for name in NAMES:
            daemon = self.daemons[name]
            said = daemon.err().count("\n") - before[name]
            self.assertLessEqual(said, LINES_MAX, f"{daemon}\n{daemon.err()[-4000:]}")
            more = distributed.peak_kib(daemon.pid) - memory[name]
            self.assertLess(more, MORE_KIB_MAX, f"{daemon}: KiB more memory")
        return unready

    def counted(self, *names):
        """The daemons that count an outage."""
        found = set()
        for name in names:
            metrics = self.metrics(self.daemons[name])
            if any("outage" in metric and value > 0 for metric, value in metrics.items()):
                found.add(name)
        return found

    def test_broker_away(self):
        config = self.kafka_settings(inbox=self.inbox)
        self.start_daemons(config, *NAMES)
        self.put(config, self.files[0])
        self.wait_for_timeline(config, self.expected(1), "before")
        self.wait_ready()
        with self.subTest("for a while"):
            self.kafka.kill()
            unready = self.away()
            self.assertLessEqual({"ingest-1", "process-1", "sink-1"}, unready, "not ready")
            self.assertEqual(self.counted(*NAMES[:3]), set(NAMES[:3]), "it is counted")
            # An import waits too.
            importing = self.start("import", "-c", config, "--hashtag", harness.TAG, self.files[1])
            time.sleep(2)
            self.kafka.start()
            self.assertIn(importing.wait(90).rc, (0, 1), importing.err())
            self.put(config, self.files[1])
            self.wait_for_timeline(config, self.expected(2), "after a while without a broker")
            self.wait_ready()
        with self.subTest("hanging"):
            node = self.kafka.nodes[0]
            node.pause()
            timer = threading.Timer(AWAY_S, node.resume)
            timer.start()
            self.addCleanup(node.resume)
            self.addCleanup(timer.cancel)
            importing = self.start("import", "-c", config, "--hashtag", harness.TAG, self.files[2])
            importing.wait(AWAY_S + 90)
            timer.join()
            self.put(config, self.files[2])
            self.wait_for_timeline(config, self.expected(3), "after a broker that hung")

    def test_broker_away_at_start(self):
        # Another broker's port, at which nobody listens yet.
        self.kafka.kill()
        self.addCleanup(self.kafka.start)
        config = self.kafka_settings(inbox=self.inbox)
        self.start_daemons(config, *NAMES)
        time.sleep(1)
        self.away()
        self.kafka.start()
        self.wait_ready()
        self.put(config, self.files[0])
        self.wait_for_timeline(config, self.expected(1), "a broker that came later")

    def test_database_away(self):
        config = self.kafka_settings(inbox=self.inbox)
        self.start_daemons(config, *NAMES)
        self.put(config, self.files[0])
        self.wait_for_timeline(config, self.expected(1), "before")
        self.wait_ready()
        self.postgres.kill()
        self.put(config, self.files[1])
        unready = self.away()
        self.assertLessEqual({"sink-1", "replay-1"}, unready, "not ready")
        self.assertEqual(self.counted("sink-1"), {"sink-1"}, "it is counted")
        listen = int(config.read_text().split('listen = "127.0.0.1:')[1].split('"')[0])
        with harness.Get(listen, f"/v1/hashtags/{harness.TAG}") as answer:
            self.assertEqual(answer.status, 503)
            self.assertTrue(answer.response.getheader("Retry-After"))
        self.postgres.start()
        self.wait_for_timeline(config, self.expected(2), "after a while without a database")
        self.wait_ready()
        with harness.Get(listen, f"/v1/hashtags/{harness.TAG}") as answer:
            self.assertEqual(answer.status, 200)

    def test_database_away_at_start(self):
        self.postgres.stop()
        self.addCleanup(self.postgres.start)
        config = self.kafka_settings(inbox=self.inbox)
        self.start_daemons(config, *NAMES)
        self.put(config, self.files[0])
        self.away()
        self.postgres.start()
        self.wait_for_timeline(config, self.expected(1), "a database that came later")
        self.wait_ready()


if __name__ == "__main__":
    distributed.main()
