#!/usr/bin/env python3
"""The four daemons over Kafka and PostgreSQL: the same bytes as one embedded process, at any number
of them, through stops and starts, and each under a name of its own."""

import random
import shutil
import signal
import time

import distributed
import harness
import posts

SAMPLES = distributed.ROOT / "samples"
SEED = 23


class Pipeline(distributed.Distributed):
    def embedded(self, files, tag, hashtags):
        """The timeline that one process on SQLite makes."""
        config = self.settings(hashtags)
        self.call("import", "-c", config, "--data", self.data, "--hashtag", tag, *files)
        self.run_until_idle(config=config)
        return self.export(tag=tag, config=config).out

    def test_samples(self):
        tag = "mendcamp"
        files = sorted(SAMPLES.glob("mendcamp-*"))
        self.assertEqual(len(files), 3)
        shutil.copy(SAMPLES / "programme.ics", self.dir)
        self.hashtags = (SAMPLES / "latecomer.toml").read_text()
        expected = self.embedded(files, tag, self.hashtags)
        self.assertIn('"late_by_s":', expected)

        inbox = self.dir / "inbox"
        inbox.mkdir()
        config = self.kafka_settings(inbox=inbox)
        self.start_daemons(
            config, "ingest-1", "process-1", "process-2", "sink-1", "sink-2", "replay-1"
        )
        for file in files:
            shutil.copy(file, inbox)
        self.wait_for_timeline(config, expected, "the samples", tag)
        self.wait_ready()
        for daemon in list(self.daemons.values()):
            self.stop_daemon(daemon)

    def test_all_in_one_process(self):
        lines = list(posts.conversation(SEED, 3_000))
        files = [self.write("a.jsonl", lines[::2]), self.write("b.jsonl", lines[1::2])]
        expected = self.preview(*files).out
        config = self.kafka_settings(listen=str(self.dir / "http.sock"))
        self.call("import", "-c", config, "--hashtag", harness.TAG, *files, seconds=120)
        self.call("run", "-c", config, "--until-idle", seconds=120)
        self.assert_same_timeline(self.exported(config), expected, "one process on Kafka")

    def exported(self, config):
        return self.call(
            "export", "-c", config, "--hashtag", harness.TAG, "--format", "timeline"
        ).out

    def test_repeated_import_changes_nothing(self):
        file = self.write("a.jsonl", list(posts.conversation(SEED, 1_000)))
        config = self.kafka_settings()
        arguments = ("import", "-c", config, "--json", "--hashtag", harness.TAG, file)
        first = self.counts(self.call(*arguments))
        count = len(self.records("posts"))
        self.assertEqual(count, 1_000)
        second = self.counts(self.call(*arguments))
        self.assertEqual(len(self.records("posts")), count, "nothing is written again")
        self.assertEqual(first["accepted"], second["accepted"])

    def test_stops_at_once_under_load(self):
        pick = random.Random(SEED)
        lines = list(posts.conversation(SEED, 24_000))
        files = [self.write(f"part{n}.jsonl", lines[n::6]) for n in range(6)]
        expected = self.preview(*files).out
        inbox = self.dir / "inbox"
        inbox.mkdir()
        config = self.kafka_settings(inbox=inbox)
        names = ["ingest-1", "process-1", "process-2", "sink-1", "sink-2", "replay-1"]
        self.start_daemons(config, *names)
        self.wait_ready()
        for file in files:
            if pick.random() < 0.5:
                shutil.copy(file, inbox / ("." + file.name))
                (inbox / ("." + file.name)).rename(inbox / file.name)
            else:
                self.call("import", "-c", config, "--hashtag", harness.TAG, file, seconds=120)
            time.sleep(pick.uniform(0, 0.7))
            for name in pick.sample(names, 2):
                self.stop_daemon(self.daemons[name])
                self.start_daemon(name, config)
                self.wait_ready(self.daemons[name])
        self.wait_for_timeline(config, expected, "stopped and started under load")

    def test_two_of_one_name(self):
        """On one machine the second does not start; on two the first gives way, and says why."""
        config = self.kafka_settings()
        file = self.write("a.jsonl", list(posts.conversation(SEED, 1_000)))
        expected = self.preview(file).out
        self.start_daemons(config, "process-1", "sink-1")
        self.wait_ready()
        for name in ("process-1", "sink-1"):
            first = self.daemons[name]
            with self.subTest(f"{name} twice on one machine"):
                second = self.start_daemon(name, config)
                self.daemons[name] = first
                self.assert_names_instance(second.wait(20), name)
                self.assert_alive(first)
            with self.subTest(f"{name} on two machines"):
                second = self.start_daemon(name, config, machine="there")
                harness.wait_until(
                    lambda: not (first.alive() and second.alive()), f"one {name} has ended", 60
                )
                ended, self.daemons[name] = (second, first) if first.alive() else (first, second)
                self.assert_names_instance(ended.wait(), name)
        self.call("import", "-c", config, "--hashtag", harness.TAG, file)
        self.wait_for_timeline(config, expected, "with those that are left")

    def assert_names_instance(self, outcome, name):
        self.assertEqual(outcome.rc, 1, outcome.err)
        self.assertRegex(outcome.err, f"(?s){name}.*`instance`", "it names the name and the setting")

    def test_topics_that_are_otherwise(self):
        """Another number of partitions is refused, with words that say what to do."""
        config = self.kafka_settings()
        file = self.write("a.jsonl", [posts.note(1, 1)])
        self.call("import", "-c", config, "--hashtag", harness.TAG, file)
        text = config.read_text().replace(
            f"partitions = {distributed.PARTITIONS}", f"partitions = {distributed.PARTITIONS + 1}"
        )
        other = self.write("other.toml", text)
        for name in ("process-1", "sink-1"):
            outcome = self.start_daemon(name, other).wait(30)
            del self.daemons[name]
            self.assertEqual(outcome.rc, 1, outcome.err)
            self.assertIn(f"partitions = {distributed.PARTITIONS}", outcome.err)

    def test_health_and_metrics(self):
        config = self.kafka_settings()
        names = ("ingest-1", "process-1", "sink-1", "replay-1")
        daemons = self.start_daemons(config, *names)
        self.wait_ready()
        for daemon in daemons:
            self.assertEqual(self.status(daemon, "/healthz"), 200)
            metrics = self.metrics(daemon)
            self.assertTrue(
                any(name.startswith("latecomer_build_info{") for name in metrics), metrics
            )
        # A process that hangs, as seen from outside: nothing answers; and it goes on afterwards.
        distributed.pause(daemons[1])
        with self.assertRaises(OSError):
            harness.Get(daemons[1].admin, "/healthz", seconds=1)
        distributed.resume(daemons[1])
        harness.wait_until(lambda: self.status(daemons[1], "/healthz") == 200, "it goes on")
        daemons[1].send(signal.SIGHUP)
        time.sleep(0.5)
        self.assert_alive()


if __name__ == "__main__":
    distributed.main()
