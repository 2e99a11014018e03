#!/usr/bin/env python3
"""Files that are large: memory stays bounded, and signals are heard."""

import gzip
import os
import random

import harness
import posts
from posts import at, quick_line

FILE_MB = 200
UNPACKED_MB = 2_000
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
                    f"<p>n{number}</p>", f"<p>mark{number} {texts[number % 50]}</p>"
                )
                size += file.write(text)
                number += 1
        return path, number

    def test_memory_stays_bounded(self):
        path, count = self.write_large(FILE_MB)
        outcome = self.imports(path, "--json", seconds=120)
        self.assertEqual(self.counts(outcome)["accepted"], count)
        self.assertLess(outcome.peak_kib, PEAK_KIB_MAX, "import: KiB")
        outcome = self.run_until_idle(seconds=150)
        self.assertLess(outcome.peak_kib, PEAK_KIB_MAX, "run: KiB")
        self.assertEqual(self.posts_in_stream(), count)

    def test_signals_are_heard_in_the_first_reading(self):
        """While a file is read that takes much longer than a stop may: packed, it is small."""
        block, _ = self.write_large(20)
        member = gzip.compress(block.read_bytes(), compresslevel=1)
        path = self.dir / "long.jsonl.gz"
        with open(path, "wb") as file:
            for _ in range(UNPACKED_MB // 20):
                file.write(member)
        source = self.settings(
            f'[[hashtag]]\nname = "{harness.TAG}"\n[[source]]\nname = "long"\n'
            f'kind = "archive"\npath = "{path}"'
        )
        for arguments, rc in (
            (["import", "--hashtag", harness.TAG, path], 1),
            (["run", "-c", source], 0),
        ):
            with self.subTest(arguments[0]):
                process = self.start(*arguments[:1], "--data", self.data, *arguments[1:])
                harness.wait_until(
                    lambda: not process.alive() or self.reads(process, path), "reads"
                )
                outcome = process.stop()
                self.assertEqual(outcome.rc, rc, outcome.err)
                self.assertLess(
                    outcome.seconds, harness.STOP_S_MAX + harness.SLACK_S, "seconds from SIGTERM"
                )

    def reads(self, process, path):
        """Whether it is in the midst of the file."""
        folder = f"/proc/{process.pid}/fd"
        try:
            for fd in os.listdir(folder):
                if os.readlink(f"{folder}/{fd}") == str(path):
                    with open(f"/proc/{process.pid}/fdinfo/{fd}", encoding="ascii") as info:
                        return int(info.readline().split()[1]) > 1 << 20
        except OSError:
            pass
        return False


if __name__ == "__main__":
    harness.main()
