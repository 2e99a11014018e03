#!/usr/bin/env python3
"""Public sets of posts in twarc's form, in any order: the same timeline. Skipped where absent."""

import random
import re
import sys

import harness
from arrange import arrangements


class PublicSets(harness.EndToEnd):
    def test_any_order_gives_one_timeline(self):
        folder = harness.public_data("twarc")
        compared = 0
        for path in sorted(folder.glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            tags = re.findall(r'"hashtags": \[\{[^}]*"(?:tag|text)": "(\w+)"', "".join(lines))
            if not tags:
                continue
            tag = max(sorted(set(tags)), key=tags.count)
            expected = self.preview(path, tag=tag, rc=None)
            if '"kind":"entry"' not in expected.out:
                continue
            pick = random.Random(path.name)
            for what, files in arrangements(pick, lines, self.write):
                # A part on its own may hold nothing that tells its format.
                actual = self.preview(*files, tag=tag, rc=expected.rc)
                self.assert_same_timeline(actual.out, expected.out, f"{path.name} #{tag} {what}")
            compared += 1
        self.assertGreaterEqual(compared, 3, "of the public sets too few held posts")


if __name__ == "__main__":
    if harness.public_data("twarc") is None:
        print("LATECOMER_SKIP: no public twarc sets (LATECOMER_DATA)")
        sys.exit(0)
    harness.main()
