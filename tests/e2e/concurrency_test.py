#!/usr/bin/env python3
"""Several processes on one data directory, and what `run` serves while others write."""

import json
import os
import signal
import time

import harness
import posts

TAG = harness.TAG


class SeveralProcesses(harness.EndToEnd):
    def entries(self, port, tag=TAG):
        with harness.Get(port, f"/v1/hashtags/{tag}") as answer:
            return json.loads(answer.response.read())["entries"] if answer.status == 200 else 0

    def count_of(self, file):
        return json.loads(self.preview(file).out.splitlines()[0])["entries"]

    def test_a_second_run_refuses_and_names_the_first(self):
        run, port = self.serve()
        second = self.call("run", "--data", self.data, "-c", self.settings(), rc=1, seconds=10)
        self.assertIn(f"process {run.pid}", second.err)
        self.assertIn("--data", second.err)
        idle = self.call(
            "run", "--until-idle", "--data", self.data, "-c", self.settings(), rc=1, seconds=10
        )
        self.assertIn(f"process {run.pid}", idle.err)
        self.assertTrue(run.alive())
        self.assertEqual(harness.status_of(port, "/healthz"), 200)
        # The lock ends with its holder, however that ends.
        run.end()
        self.run_until_idle()

    def test_a_port_that_is_taken(self):
        _, port = self.serve()
        settings = self.settings(listen=f"127.0.0.1:{port}")
        other = self.call("run", "-c", settings, "--data", self.dir / "other", rc=1, seconds=10)
        self.assertIn(str(port), other.err)

    def test_serves_while_import_adds(self):
        first = self.write("first.jsonl", list(posts.conversation(5, 800)))
        second = self.write("second.jsonl", list(posts.conversation(6, 20_000)))
        run, port = self.serve()
        self.assertEqual(harness.Get(port, "/v1/hashtags").json()["hashtags"], [])
        self.imports(first)
        harness.wait_until(
            lambda: self.entries(port) == self.count_of(first), "the first file shows"
        )
        self.assertEqual(harness.Get(port, "/v1/hashtags").json()["hashtags"][0]["hashtag"], TAG)
        viewer = harness.Get(port, f"/v1/replay?hashtag={TAG}&speed=10000&skip=0")
        self.assertEqual(viewer.status, 200)
        self.assertTrue(viewer.response.headers["Content-Type"].startswith("text/event-stream"))
        events = viewer.events()
        seen = [next(events) for _ in range(50)]
        self.assertEqual(seen[0][0], "session")
        importing = self.start("import", "--data", self.data, "--hashtag", TAG, second)
        answers = 0
        while importing.alive():
            asked = time.monotonic()
            self.assertEqual(harness.status_of(port, "/healthz"), 200)
            self.assertGreater(self.entries(port), 0)
            self.assertLess(
                time.monotonic() - asked, 2 + harness.SLACK_S, "answers while it imports"
            )
            answers += 1
        self.assertEqual(importing.outcome.rc, 0, importing.err())
        self.assertGreater(answers, 0)
        both = self.write("both.jsonl", first.read_bytes() + second.read_bytes())
        harness.wait_until(lambda: self.entries(port) == self.count_of(both), "both files show")
        seen += [next(events) for _ in range(300)]  # the viewer who was there goes on seeing posts
        self.assertIn("entry", {name for name, _ in seen})
        stopped = run.stop()
        self.assertEqual(stopped.rc, 0, stopped.err)
        self.assertLess(stopped.seconds, harness.STOP_S_MAX + harness.SLACK_S, "with a viewer")
        viewer.__exit__()
        self.assert_store_holds([first, second], "after run and import worked beside each other")

    def test_imports_beside_each_other(self):
        files = [
            self.write(f"{n}.jsonl", list(posts.conversation(20 + n, 6_000))) for n in range(3)
        ]
        run, _ = self.serve()
        imports = [
            self.start("import", "--data", self.data, "--hashtag", TAG, file)
            for file in files + files[:1]
        ]
        for process in imports[1:3]:
            self.assertEqual(process.wait().rc, 0, f"{process}\n{process.err()}")
        # The first file twice at the same time: the one that came first may be told to stop.
        twice = [imports[0].wait(), imports[3].wait()]
        self.assertIn(0, [outcome.rc for outcome in twice], twice)
        for outcome in twice:
            self.assertTrue(outcome.rc == 0 or "Another" in outcome.err, outcome.err)
        self.assertEqual(run.stop().rc, 0)
        self.run_until_idle()
        self.assert_store_holds(files, "four imports at once beside a run")

    def test_import_beside_a_run_that_builds(self):
        """What an import reads of the timelines changes under its eyes."""
        file = self.write("posts.jsonl", list(posts.conversation(14, 30_000)))
        one = self.write("one.jsonl", [posts.note("one", 7)])
        self.imports(file)
        busy = self.settings('[processor]\nbatch_records_max = 700\ncommit_interval = "5ms"')
        run = self.start("run", "--until-idle", "--data", self.data, "-c", busy)
        done = 0
        while run.alive():
            outcome = self.imports(one, "--json")
            self.assertEqual(
                self.counts(outcome)["new"], 1 if done == 0 else 0, f"import {done + 1} of one post"
            )
            done += 1
        self.assertGreater(done, 1)
        self.assertEqual(run.outcome.rc, 0, run.err())
        self.run_until_idle()
        self.assert_store_holds([file, one], f"after {done} imports beside a run")

    def test_forget_beside_a_run(self):
        lines = list(posts.conversation(7, 500))
        file = self.write("some.jsonl", lines)
        gone = next(line["id"] for line in lines if line["type"] == "Note")
        author = f"{posts.HOST}/u/3"
        self.imports(file)
        run, port = self.serve()
        harness.wait_until(lambda: self.entries(port) == self.count_of(file), "the file shows")
        viewer = harness.Get(port, f"/v1/replay?hashtag={TAG}&speed=10000&skip=0")
        self.assertIn(gone, self.call("forget", "--data", self.data, "--post", gone).out)
        self.call("forget", "--data", self.data, "--author", author)
        exported = self.export().out
        self.assertNotIn(f'"id":"{gone}"', exported)
        self.assertNotIn(f'"author":"{author}"', exported)
        self.assertEqual(self.imports(file, seconds=30).rc, 0)
        self.assertEqual(run.stop().rc, 0)
        viewer.__exit__()
        self.run_until_idle()
        forgets = self.write(
            "forgets.jsonl",
            [
                {"v": 1, "type": "Forget", "post": gone},
                {"v": 1, "type": "Forget", "author": author},
            ],
        )
        self.assert_store_holds([file, forgets], "forgotten, and imported once more")


class Repeating(harness.EndToEnd):
    def test_import_again_changes_nothing(self):
        file = self.write("posts.jsonl", list(posts.conversation(8, 12_000)))
        first = self.counts(self.imports(file, "--json"))
        self.assertGreater(first["new"], 10_000)
        again = self.counts(self.imports(file, "--json"))
        self.assertEqual((again["new"], again["changed"]), (0, 0), again)
        self.assertEqual(again["accepted"], first["accepted"])
        records = self.posts_in_stream()
        self.assertEqual(records, 12_000, "the second time nothing is written")
        # In the middle of a run, under another name and packed otherwise.
        other = self.write("copy.jsonl", file.read_bytes())
        run = self.start("run", "--data", self.data, "-c", self.settings())
        while_running = self.counts(self.imports(other, "--json"))
        self.assertEqual((while_running["new"], while_running["changed"]), (0, 0), while_running)
        self.assertIn(run.stop().rc, (0, -signal.SIGTERM))
        self.run_until_idle()
        exported = self.export().out
        self.imports(file)
        self.run_until_idle()
        self.assert_same_timeline(self.export().out, exported, "imported again after the run")
        self.assert_store_holds([file], "imported four times")

    def test_stdin_and_a_file_are_one_import(self):
        file = self.write("posts.jsonl", list(posts.conversation(9, 500)))
        with open(file, "rb") as stdin:
            self.imports("-", stdin=stdin)
        again = self.counts(self.imports(file, "--json"))
        self.assertEqual((again["new"], again["changed"]), (0, 0), again)
        self.assertEqual(
            sorted(
                path.name for path in self.data.iterdir() if not path.name.startswith("stream.db")
            ),
            [],
            "what stdin was kept in while it was read is gone",
        )


class Stopping(harness.EndToEnd):
    def stop_in_time(self, process, number=signal.SIGTERM):
        outcome = process.stop(number)
        self.assertLess(
            outcome.seconds,
            harness.STOP_S_MAX + harness.SLACK_S,
            f"{process}: how long signal {number} took\n{outcome.err}",
        )
        return outcome

    def wait_for_lock(self, run):
        """From then on it has got as far as listening to signals."""
        lock = self.data / "run.lock"
        harness.wait_until(lambda: lock.exists() and f"process {run.pid}" in lock.read_text(), run)

    def test_run_ends_with_0_whatever_it_does(self):
        """At its start, while it takes its state up, while it builds, while it serves."""
        file = self.write("posts.jsonl", list(posts.conversation(10, 60_000)))
        self.imports(file)
        for part in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1):
            run = self.start("run", "--data", self.data, "-c", self.settings())
            self.wait_for_lock(run)
            time.sleep(part)
            outcome = self.stop_in_time(run, signal.SIGINT if part == 0.5 else signal.SIGTERM)
            self.assertEqual(outcome.rc, 0, f"stopped after {part} s\n{outcome.err}")
        self.run_until_idle()
        for part in (0.02, 0.1, 0.2, 0.3):
            # Now there is a whole timeline to take up.
            run = self.start("run", "--data", self.data, "-c", self.settings())
            self.wait_for_lock(run)
            time.sleep(part)
            outcome = self.stop_in_time(run)
            self.assertEqual(
                outcome.rc, 0, f"stopped {part} s into taking its state up\n{outcome.err}"
            )
        self.assert_store_holds([file], "after sixteen stops")

    def test_import_says_that_it_was_interrupted_and_resumes(self):
        file = self.write("posts.jsonl", list(posts.conversation(12, 60_000)))
        interrupted = 0
        for attempt in range(12):
            process = self.start("import", "--data", self.data, "--hashtag", TAG, file)
            # Once it holds something open it listens to signals.
            harness.wait_until(
                lambda: not process.alive() or self.is_open(process), "opens the stream"
            )
            time.sleep(0.04 * attempt)
            outcome = self.stop_in_time(process)
            if outcome.rc == 0:
                continue
            self.assertEqual(outcome.rc, 1, outcome.err)
            self.assertIn("interrupted", outcome.err)
            interrupted += 1
        self.assertGreater(interrupted, 0)
        self.imports(file)
        self.assertEqual(self.posts_in_stream(), 60_000, "records of `posts`")
        self.run_until_idle()
        self.assert_store_holds([file], f"after {interrupted} interrupted imports")

    def is_open(self, process):
        try:
            return any(
                os.path.basename(os.readlink(f"/proc/{process.pid}/fd/{fd}")) == "stream.db"
                for fd in os.listdir(f"/proc/{process.pid}/fd")
            )
        except OSError:
            return False


if __name__ == "__main__":
    harness.main()
