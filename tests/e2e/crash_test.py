#!/usr/bin/env python3
"""kill -9 at random moments of `import` and `run`: nothing is lost, nothing is doubled."""

import os
import random
import shutil
import signal
import time

import harness
import posts

SEED = int(os.environ.get("LATECOMER_SEED", "11"))
KILLS = int(os.environ.get("LATECOMER_KILLS", "100"))
FILES = 3
POSTS_A_FILE = 12_000  # more than two batches of an import
# Small transactions, so that there are many moments between two.
SETTINGS = '[processor]\nbatch_records_max = 700\ncommit_interval = "5ms"'


class Crashes(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.pick = random.Random(SEED)
        self.kills = self.shots = self.left_open = 0
        self.log = []
        lines = list(posts.conversation(SEED, FILES * POSTS_A_FILE))
        self.files = [self.write(f"part{n}.jsonl", lines[n::FILES]) for n in range(FILES)]
        self.config = self.settings(SETTINGS)

    def shoot(self, process, seconds):
        """Kills it after so long. Gives True if it lived and worked then."""
        until = time.monotonic() + seconds
        while process.alive() and time.monotonic() < until:
            time.sleep(0.002)
        self.shots += 1
        process.end()
        if process.outcome.rc != -signal.SIGKILL:
            self.assertEqual(process.outcome.rc, 0, f"{self.story()}\n{process}\n{process.err()}")
            return False
        self.kills += 1
        self.log.append(f"{process.arguments[1]} after {seconds:.3f} s")
        self.left_open += any(path.stat().st_size > 0 for path in self.data.glob("*.db-wal"))
        return True

    def story(self):
        return f"seed {SEED}, {self.kills} kills: " + "; ".join(self.log[-12:])

    def begin_import(self, file):
        return self.start("import", "--data", self.data, "--hashtag", harness.TAG, file)

    def begin_run(self, *more):
        return self.start("run", "-c", self.config, "--data", self.data, *more)

    def measure(self):
        """How long an import and a run take when they are left alone, here and now."""
        begin = time.monotonic()
        self.imports(self.files[0])
        imported = time.monotonic()
        self.run_until_idle(config=self.config)
        done = time.monotonic()
        shutil.rmtree(self.data)
        return imported - begin, (done - imported) * FILES

    def check_readable(self):
        """Whatever a kill has left behind can be read at once, by a reader alone."""
        if (self.data / "store.db").exists():
            export = self.export(rc=None)
            nothing = ("nothing is stored", "has nothing under")
            readable = export.rc == 0 or any(words in export.err for words in nothing)
            self.assertTrue(readable, f"{self.story()}\n{export.err}")

    def kill_one(self, file, import_s, run_s):
        """One round; True if the import of `file` came to its end."""
        kind = self.pick.random()
        if kind < 0.4:
            return not self.shoot(self.begin_import(file), self.pick.uniform(0, 1.2) * import_s)
        if kind < 0.65:
            self.shoot(self.begin_run("--until-idle"), self.pick.uniform(0, 1.1) * run_s)
            return False
        # Both at once: one is shot while the other works, then the other.
        both = [self.begin_run(), self.begin_import(file)]
        importing = both[1]
        self.pick.shuffle(both)
        for process in both:
            wait = self.pick.uniform(0, 0.8) * import_s
            if process is importing or importing.alive():
                self.shoot(process, wait)
            else:
                # Nothing is known to be under way: a plain stop does as well. It may come before
                # the process has got as far as listening to it.
                self.assertIn(
                    process.stop().rc, (0, -signal.SIGTERM), f"{self.story()}\n{process.err()}"
                )
        return importing.outcome.rc == 0

    def test_nothing_is_lost_and_nothing_doubled(self):
        expected = self.preview(*self.files).out
        lines = sum(file.read_bytes().count(b"\n") for file in self.files)
        import_s, run_s = self.measure()
        while self.kills < KILLS:
            shutil.rmtree(self.data, ignore_errors=True)
            left = list(self.files)
            while left and self.kills < KILLS:
                if self.kill_one(left[0], import_s, run_s):
                    left.pop(0)
                if self.pick.random() < 0.1:
                    self.check_readable()
            # The end of this life: whatever was cut off is taken up, and all of it must be there.
            for file in self.files:
                self.imports(file)
            self.assertEqual(self.posts_in_stream(), lines, f"{self.story()}\nrecords of `posts`")
            self.run_until_idle(config=self.config)
            self.assert_same_timeline(self.export().out, expected, self.story())
        # Kills that found nobody at work would prove nothing.
        self.assertGreater(self.kills, 0.6 * self.shots, "kills that hit a working process")
        self.assertGreater(self.left_open, 0.4 * self.kills, "kills that left a log to recover")


if __name__ == "__main__":
    harness.main()
