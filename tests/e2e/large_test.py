#!/usr/bin/env python3
"""Files that are large: memory stays bounded, and signals are heard."""

import os
import random

import harness
import posts
from posts import at, quick_line

FILE_MB = 200
PEAK_KIB_MAX = 300 << 10


class LargeFiles(harness.EndToEnd):
    def write_large(self, megabytes):
        """Posts of about 1.2 kB, as an archive has them."""
        path = self.dir / "large.jsonl"
        pick = random.Random(5)
        texts = [" ".join(pick.choices(posts.WORDS, k=110)) for _ in range(50)]
        number = size = 0
        with open(path, "w", encoding="utf-8") as file:
            while size < megabytes * 1_000_000:
                parent = at(pick.randrange(number)) if number and number % 3 else None
                text = quick_line(number, second=number * 10 % 2_500_000, parent=parent).replace(
                    f"<p>n{number}</p>", f"<p>mark{number} {texts[number % 50]}</p>")
                size += file.write(text)
                number += 1
        return path, number

    def test_memory_stays_bounded_and_signals_are_heard(self):
        path, count = self.write_large(FILE_MB)
        self.addCleanup(path.unlink)
        with self.subTest("SIGTERM"):
            self.interrupt(path)
        outcome = self.imports(path, "--json", seconds=120)
        self.assertEqual(self.counts(outcome)["accepted"], count)
        self.assertLess(outcome.peak_kib, PEAK_KIB_MAX, "import: KiB")
        outcome = self.run_until_idle(seconds=150)
        self.assertLess(outcome.peak_kib, PEAK_KIB_MAX, "run: KiB")
        self.assertEqual(self.posts_in_stream(), count)

    def interrupt(self, path):
        """An import in its first reading, when it has written nothing yet."""
        process = self.start("import", "--data", self.data, "--hashtag", harness.TAG, path)
        harness.wait_until(lambda: not process.alive() or self.reads(process, path), "it reads")
        outcome = process.stop()
        self.assertEqual(outcome.rc, 1, outcome.err)
        self.assertIn("interrupted", outcome.err)
        self.assertLess(outcome.seconds, harness.STOP_S_MAX + harness.SLACK_S, "seconds from SIGTERM")

    def reads(self, process, path):
        """Whether it is some megabytes into the file."""
        folder = f"/proc/{process.pid}/fd"
        try:
            for fd in os.listdir(folder):
                if os.readlink(f"{folder}/{fd}") == str(path):
                    with open(f"/proc/{process.pid}/fdinfo/{fd}", encoding="ascii") as info:
                        return int(info.readline().split()[1]) > 4 << 20
        except OSError:
            pass
        return False


if __name__ == "__main__":
    harness.main()
