#!/usr/bin/env python3
"""Conversations of hostile shapes: time in proportion, memory bounded."""

import functools
import json
import random

import harness
import posts
from posts import at, quick_line

COUNT = 100_000
CHAIN = 10_000
# A post that moves a hundred thousand others at once takes the most, in proportion.
PEAK_KIB_MAX = 512 << 10
# Against a plain file of as many posts. Quadratic work would be thousands of times as much.
TIMES_MAX = 10


class Shapes(harness.EndToEnd):
    @functools.cached_property
    def plain_s(self):
        """How long as many posts take that answer nobody, here and now."""
        return self.build(
            self.write("plain.jsonl", "".join(quick_line(i) for i in range(COUNT))), "plain", 120
        )

    def build(self, path, what, seconds):
        """Previews, imports and stores; gives the seconds that took."""
        data = self.dir / what
        took = 0
        shown = self.preview(path, seconds=seconds)
        for outcome in (
            shown,
            self.imports(path, data=data, seconds=seconds),
            self.run_until_idle(data=data, seconds=seconds),
        ):
            self.assertLess(outcome.peak_kib, PEAK_KIB_MAX, f"{what}: KiB")
            took += outcome.seconds
        stored = self.export(data=data, seconds=seconds)
        self.assert_same_timeline(stored.out, shown.out, what)
        return took + stored.seconds

    def check(self, what, lines):
        limit = TIMES_MAX * self.plain_s + harness.SLACK_S
        took = self.build(self.write(f"{what}.jsonl", "".join(lines)), what, limit)
        self.assertLess(took, limit, f"{what}: seconds, {self.plain_s:.1f} for a plain file")

    def test_a_cycle(self):
        self.check("cycle", (quick_line(i, parent=at((i + 1) % COUNT)) for i in range(COUNT)))

    def test_one_parent(self):
        self.check("parent", (quick_line(i, parent=at(0) if i else None) for i in range(COUNT)))

    def test_one_parent_that_comes_last(self):
        self.check(
            "last", (quick_line(i, parent=at(0) if i else None) for i in reversed(range(COUNT)))
        )

    def test_a_chain_newest_first(self):
        self.check(
            "newest",
            (quick_line(i, parent=at(i - 1) if i else None) for i in reversed(range(CHAIN))),
        )

    def test_a_chain_in_any_order(self):
        order = random.Random(3).sample(range(COUNT), COUNT)
        self.check("chain", (quick_line(i, parent=at(i - 1) if i else None) for i in order))

    def test_a_missing_parent_with_a_context_each(self):
        self.check(
            "contexts",
            (
                quick_line(i, parent=at(0, "missing"), context=at(i, "context"))
                for i in range(COUNT)
            ),
        )

    def test_that_parent_arrives(self):
        lines = [
            quick_line(i + 1, parent=at(0), context=at(i, "context")) for i in range(COUNT - 1)
        ]
        self.check("arrives", lines + [quick_line(0)])

    def test_all_at_one_moment(self):
        self.check("moment", (quick_line(i, second=0) for i in range(COUNT)))

    def test_one_post_edited_again_and_again(self):
        self.check(
            "edits",
            (
                json.dumps(posts.note("one", 0, f"<p>{i}</p>", updated=posts.stamp(i))) + "\n"
                for i in range(COUNT)
            ),
        )


if __name__ == "__main__":
    harness.main()
