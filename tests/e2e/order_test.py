#!/usr/bin/env python3
"""One set of posts, one timeline: order, repetition, files and packing change no byte of it."""

import json
import random

import harness
import posts
from arrange import arrangements, to_text

SETS = 300
SEED = 20160923
EVENT = f"""[[hashtag]]
name = "{harness.TAG}"
gap = "2h"
[[hashtag.event]]
title = "Open Day"
start = 2016-09-23T08:00:01Z
end = 2016-09-23T10:00:00Z
"""


class Order(harness.EndToEnd):
    def test_small_sets_of_awkward_posts(self):
        pick = random.Random(SEED)
        config = self.write("events.toml", EVENT)
        for number in range(SETS):
            lines = [json.dumps(line) for line in posts.awkward_set(pick)]
            settings = config if number % 2 else None
            expected = self.preview(self.write("set.jsonl", to_text(lines)), config=settings)
            self.assertEqual(self.counts(expected)["rejects"], 0, f"set {number}: {expected.err}")
            # Two of the five a set: over the sets each comes up often.
            for what, files in pick.sample(list(arrangements(pick, lines, self.write)), 2):
                actual = self.preview(*files, config=settings, seconds=30)
                self.assert_same_timeline(
                    actual.out,
                    expected.out,
                    f"seed {SEED}, set {number}, {what} ({files})\n" + to_text(lines),
                )

    def test_a_large_set(self):
        pick = random.Random(SEED)
        lines = [json.dumps(line) for line in posts.conversation(SEED, 20_000)]
        expected = self.preview(self.write("set.jsonl", to_text(lines)))
        for what, files in arrangements(pick, lines, self.write):
            self.assert_same_timeline(self.preview(*files).out, expected.out, what)

    def test_stored_in_any_order(self):
        """What `import` and `run` make of it is what `preview` shows."""
        pick = random.Random(SEED + 1)
        lines = [json.dumps(line) for line in posts.conversation(SEED + 1, 3_000)]
        expected = self.preview(self.write("set.jsonl", to_text(lines))).out
        for number, (what, files) in enumerate(arrangements(pick, lines, self.write)):
            data = self.dir / f"data{number}"
            for file in files:
                self.imports(file, data=data)
                self.run_until_idle(data=data)
            self.assert_same_timeline(self.export(data=data).out, expected, what)
            exported = self.write("exported.jsonl", self.export("posts", data=data).out)
            self.assert_same_timeline(
                self.preview(exported).out, expected, f"{what}, exported as posts"
            )


if __name__ == "__main__":
    harness.main()


if __name__ == "__main__":
    harness.main()
