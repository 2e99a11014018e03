#!/usr/bin/env python3
"""`migrate` from a data directory into a real Kafka and PostgreSQL and back, killed in the middle of
it: the timelines stay the same byte for byte, and daemons go on with what had not been processed."""

import json
import pathlib
import shutil
import signal
import sqlite3

import distributed
import harness
import posts

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
EVENT = "mendcamp"
POSTS = 6_000  # enough that a migration can be killed within
KILLS_MAX = 40


class Migrating(distributed.Distributed):
    def setUp(self):
        super().setUp()
        self.hashtags = (SAMPLES / "latecomer.toml").read_text()
        self.hashtags += f'\n[[hashtag]]\nname = "{harness.TAG}"\n'
        shutil.copy(SAMPLES / "programme.ics", self.dir)
        self.local = self.settings(self.hashtags)
        self.forgets = self.write(
            "forgets.jsonl", [{"v": 1, "type": "Forget", "author": f"{posts.HOST}/u/3"}]
        )
        self.config = self.kafka_settings()

    # What is moved
    def fill(self):
        """A data directory with two hashtags, something forgotten, and posts not yet processed."""
        self.early = [SAMPLES / "mendcamp-mastodon.jsonl", SAMPLES / "mendcamp-x.jsonl"]
        self.late = [SAMPLES / "mendcamp-blog.xml"]
        lines = list(posts.conversation(7, POSTS))
        self.crowd = self.write("crowd.jsonl", lines)
        self.more = self.write("more.jsonl", list(posts.conversation(8, 300)))
        self.imports(*self.early, tag=EVENT, config=self.local)
        self.imports(self.crowd, config=self.local)
        self.imports(self.forgets, config=self.local)
        self.run_until_idle(config=self.local)
        self.imports(*self.late, tag=EVENT, config=self.local)
        self.imports(self.more, config=self.local)

    def imports(self, *files, tag=harness.TAG, config=None, data=None, rc=0):
        data = ["--data", data or self.data] if config == self.local else []
        return self.call("import", "-c", config, *data, "--hashtag", tag, *files, seconds=120, rc=rc)

    def timelines(self, config, data=None):
        where = ["--data", data] if data else []
        return {
            tag: self.call(
                "export", "-c", config, *where, "--hashtag", tag, "--format", "timeline"
            ).out
            for tag in (EVENT, harness.TAG)
        }

    def expected(self, *crowd):
        """Of everything; what is forgotten under one hashtag is so under all."""
        return {
            EVENT: self.preview(
                *self.early, *self.late, self.forgets, tag=EVENT, config=self.local
            ).out,
            harness.TAG: self.preview(
                self.crowd, self.more, self.forgets, *crowd, config=self.local
            ).out,
        }

    def assert_timelines(self, actual, expected, what):
        for tag, timeline in expected.items():
            self.assertIn('"kind":"entry"', timeline, "nothing to compare with")
            self.assert_same_timeline(actual[tag], timeline, f"{what}, #{tag}")

    # Moving it
    def migrate(self, *way, rc=0):
        return self.call("migrate", "-c", self.config, *way, "--yes", "--json", rc=rc, seconds=180)

    def migrate_killed(self, *way):
        """Killed later and later until it is through; gives its summary and how often."""
        for kills in range(KILLS_MAX):
            moving = self.start("migrate", "-c", self.config, *way, "--yes", "--json")
            outcome = self.wait_at_most(moving, 0.4 + 0.3 * kills)
            if outcome is None:
                moving.end()
                continue
            self.assertEqual(outcome.rc, 0, f"{moving}\n{outcome.err[-2000:]}")
            return json.loads(outcome.out), kills
        self.fail(f"{' '.join(map(str, way))}: not through after {KILLS_MAX} kills")

    @staticmethod
    def wait_at_most(process, seconds):
        try:
            harness.wait_until(process.poll, str(process), seconds)
        except AssertionError:
            return None
        return process.poll()

    def test_there_and_back_killed_in_the_middle(self):
        self.fill()
        before = self.timelines(self.local, self.data)
        files = {path: path.read_bytes() for path in self.data.glob("stream.db")}

        summary, kills = self.migrate_killed("--from", self.data)
        self.assertTrue(summary["resumed"], f"{kills} kills: none of them fell into the copying")
        self.assertEqual(summary["to_partitions"], distributed.PARTITIONS)
        self.assertGreater(summary["unprocessed"], 300)
        self.assert_timelines(self.timelines(self.config), before, "in Kafka and PostgreSQL")
        self.assertEqual(
            self.stream_rows(files), self.stream_rows(), "the source is not what it was"
        )
        again = self.migrate("--from", self.data)
        self.assertIn("nothing to do", again.err)

        # The daemons go on where the directory's processor had stopped.
        daemons = self.start_daemons(self.config, "process-1", "process-2", "sink-1")
        expected = self.expected()
        for tag, timeline in expected.items():
            self.wait_for_timeline(self.config, timeline, f"after the migration, #{tag}", tag=tag)
        for daemon in daemons:
            self.stop_daemon(daemon)
        last = self.write("last.jsonl", list(posts.conversation(9, 200)))
        self.imports(last, config=self.config)

        back = self.dir / "back"
        summary, kills = self.migrate_killed("--to", back)
        self.assertTrue(summary["resumed"], f"{kills} kills: none of them fell into the copying")
        self.assertEqual(summary["unprocessed"], 200)
        self.assert_timelines(self.timelines(self.local, back), expected, "back in a directory")
        self.run_until_idle(data=back, config=self.local)
        expected = self.expected(last)
        self.assert_timelines(self.timelines(self.local, back), expected, "processed there")

    def stream_rows(self, files=None):
        """All records and places of the directory's stream, now or as in `files`."""
        path = self.data / "stream.db"
        if files:
            path = self.write("copy/stream.db", files[path])
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as stream:
            tables = [
                name
                for (name,) in stream.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND "
                    "(name LIKE 'records%' OR name IN ('offsets', 'partitions')) ORDER BY name"
                )
            ]
            return {name: stream.execute(f"SELECT * FROM {name}").fetchall() for name in tables}

    def test_what_is_refused(self):
        self.imports(SAMPLES / "mendcamp-blog.xml", tag=EVENT, config=self.local)
        # Beside a `run` at work.
        run = self.start("run", "-c", self.local, "--data", self.data)
        harness.wait_until(lambda: (self.data / "store.db").exists(), "the run has begun")
        refused = self.migrate("--from", self.data, rc=1)
        self.assertIn("stop that one, then migrate", refused.err)
        self.assertEqual(run.stop().rc, 0)
        # From nowhere; both ways at once; without anybody to ask.
        refused = self.migrate("--from", self.dir / "nowhere", rc=1)
        self.assertIn("is no data directory of Latecomer", refused.err)
        self.assertFalse((self.dir / "nowhere").exists())
        self.migrate("--from", self.data, "--to", self.dir / "new", rc=2)
        refused = self.call("migrate", "-c", self.config, "--from", self.data, rc=2)
        self.assertIn("give --yes", refused.err)
        # Into what is in use.
        self.imports(SAMPLES / "mendcamp-x.jsonl", tag=EVENT, config=self.config)
        refused = self.migrate("--from", self.data, rc=1)
        self.assertIn("is not empty: there are records in", refused.err)

    def test_asked_to_stop_it_stops_and_resumes(self):
        self.imports(self.write("crowd.jsonl", list(posts.conversation(3, POSTS))), config=self.local)
        self.run_until_idle(config=self.local)
        stopped = 0
        for tries in range(KILLS_MAX):
            moving = self.start("migrate", "-c", self.config, "--from", self.data, "--yes")
            outcome = self.wait_at_most(moving, 0.5 + 0.4 * tries)
            if outcome is None:
                outcome = moving.stop(signal.SIGTERM)
                self.assertLess(outcome.seconds, 6 + harness.SLACK_S, "SIGTERM")
            if outcome.rc == 0:
                break
            self.assertEqual(outcome.rc, 1, outcome.err)
            self.assertIn("interrupted; run it again to resume", outcome.err)
            stopped += 1
            if self.records("timelines"):
                half = self.imports(self.forgets, config=self.config, rc=1)
                self.assertIn("is not finished", half.err)
        self.assertGreater(stopped, 0)
        self.assertIn("nothing to do", self.migrate("--from", self.data).err)


if __name__ == "__main__":
    distributed.main()
