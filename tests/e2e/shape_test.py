#!/usr/bin/env python3
"""Conversations of hostile shapes and files that are large: time in proportion, memory bounded."""

import functools
import json
import os
import random

import harness
import posts

COUNT = 100_000
CHAIN = 10_000
FILE_MB = 200
FILE_PEAK_KIB_MAX = 300 << 10
# A post that moves a hundred thousand others at once takes more, in proportion.
SHAPE_PEAK_KIB_MAX = 512 << 10
# Against a plain file of as many posts. Quadratic work would be thousands of times as much.
TIMES_MAX = 10


def line(number, second=None, parent=None, context=None, name="s"):
    second = number if second is None else second
    day, rest = divmod(second, 86_400)
    links = f',"inReplyTo":"{parent}"' if parent else ""
    links += f',"context":"{context}"' if context else ""
    return (f'{{"v":1,"type":"Note","id":"{at(number, name)}","published":"2016-09-{day + 1:02}T'
            f'{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.000Z"{links},'
            f'"attributedTo":{{"id":"{posts.HOST}/u/{number % 100}"}},"content":"<p>n{number}</p>"}}\n')


def at(number, name="s"):
    return f"{posts.HOST}/{name}/{number}"


class Shapes(harness.EndToEnd):
    @functools.cached_property
    def plain_s(self):
        """How long as many posts take that answer nobody, here and now."""
        return self.build(self.write("plain.jsonl", "".join(line(i) for i in range(COUNT))), "plain", 120)

    def build(self, path, what, seconds):
        """Previews, imports and stores; gives the seconds that took."""
        data = self.dir / what
        took = 0
        shown = self.preview(path, seconds=seconds)
        for outcome in (shown, self.imports(path, data=data, seconds=seconds),
                        self.run_until_idle(data=data, seconds=seconds)):
            self.assertLess(outcome.peak_kib, SHAPE_PEAK_KIB_MAX, f"{what}: KiB")
            took += outcome.seconds
        stored = self.export(data=data, seconds=seconds)
        self.assert_same_timeline(stored.out, shown.out, what)
        return took + stored.seconds

    def check(self, what, lines):
        limit = TIMES_MAX * self.plain_s + harness.SLACK_S
        took = self.build(self.write(f"{what}.jsonl", "".join(lines)), what, limit)
        self.assertLess(took, limit, f"{what}: seconds, {self.plain_s:.1f} for a plain file")

    def test_a_cycle(self):
        self.check("cycle", (line(i, parent=at((i + 1) % COUNT)) for i in range(COUNT)))

    def test_one_parent(self):
        self.check("parent", (line(i, parent=at(0) if i else None) for i in range(COUNT)))

    def test_one_parent_that_comes_last(self):
        self.check("last", (line(i, parent=at(0) if i else None) for i in reversed(range(COUNT))))

    def test_a_chain_newest_first(self):
        self.check("newest", (line(i, parent=at(i - 1) if i else None) for i in reversed(range(CHAIN))))

    def test_a_chain_in_any_order(self):
        order = random.Random(3).sample(range(COUNT), COUNT)
        self.check("chain", (line(i, parent=at(i - 1) if i else None) for i in order))

    def test_a_missing_parent_with_a_context_each(self):
        self.check("contexts", (line(i, parent=at(0, "missing"), context=at(i, "context"))
                                for i in range(COUNT)))

    def test_that_parent_arrives(self):
        lines = [line(i + 1, parent=at(0), context=at(i, "context")) for i in range(COUNT - 1)]
        self.check("arrives", lines + [line(0)])

    def test_all_at_one_moment(self):
        self.check("moment", (line(i, second=0) for i in range(COUNT)))

    def test_one_post_edited_again_and_again(self):
        self.check("edits", (json.dumps(posts.note("one", 0, f"<p>{i}</p>", updated=posts.stamp(i))) + "\n"
                             for i in range(COUNT)))


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
                text = line(number, second=number * 10 % 2_500_000, parent=parent).replace(
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
        self.assertLess(outcome.peak_kib, FILE_PEAK_KIB_MAX, "import: KiB")
        outcome = self.run_until_idle(seconds=150)
        self.assertLess(outcome.peak_kib, FILE_PEAK_KIB_MAX, "run: KiB")
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
