#!/usr/bin/env python3
"""The fault runner's own parts: does it see what is wrong, is a plan its seed's alone?"""

import json
import unittest

import load
import plan
import timelines


def lines(*entries):
    head = {"kind": "hashtag", "hashtag": "talk0", "entries": 3}
    return "".join(json.dumps(line) + "\n" for line in [head, *entries])


def entry(number, **more):
    return {"kind": "entry", "id": f"https://a.example/{number}", "depth": 0, **more}


GOOD = lines(entry(1), entry(2), entry(3))


class Compare(unittest.TestCase):
    def counts(self, actual):
        return timelines.compare(actual, GOOD)[:3]

    def test_the_same(self):
        self.assertEqual(self.counts(GOOD), (0, 0, 0))

    def test_missing(self):
        missing, extra, _ = self.counts(lines(entry(1), entry(3)))
        self.assertEqual((missing, extra), (1, 0))
        self.assertEqual(self.counts("")[0], 4)

    def test_extra(self):
        missing, extra, _ = self.counts(lines(entry(1), entry(2), entry(3), entry(4)))
        self.assertEqual((missing, extra), (0, 1))

    def test_doubled(self):
        self.assertEqual(self.counts(lines(entry(1), entry(2), entry(2), entry(3)))[:2], (0, 1))

    def test_another_place(self):
        self.assertEqual(self.counts(lines(entry(1), entry(2, depth=1), entry(3))), (0, 0, 1))

    def test_another_order(self):
        missing, extra, misplaced = self.counts(lines(entry(2), entry(1), entry(3)))
        self.assertEqual((missing, extra), (0, 0))
        self.assertGreater(misplaced, 0)

    def test_any_other_byte(self):
        for other in (GOOD + "\n", GOOD[:-1], GOOD.replace(": ", ":", 1)):
            self.assertNotEqual(self.counts(other), (0, 0, 0), other)


class Plan(unittest.TestCase):
    def test_the_seed_says_it_all(self):
        self.assertEqual(plan.make(7, 200), plan.make(7, 200))
        self.assertNotEqual(plan.make(7, 200), plan.make(8, 200))

    def test_a_short_plan_meets_what_matters(self):
        for seed in range(20):
            kinds = {fault.kind for fault in plan.make(seed, 15)}
            self.assertLessEqual(
                {"kill", "zombie", "add", "kill_broker", "pause_broker", "kill_postgres", "cut"},
                kinds)

    def test_a_long_plan_meets_every_kind(self):
        self.assertEqual({fault.kind for fault in plan.make(1, 200)}, set(plan.KINDS))

    def test_nothing_is_touched_twice_at_once(self):
        for seed in range(20):
            faults = plan.make(seed, 100)
            for index, one in enumerate(faults):
                for other in faults[:index]:
                    if one.target == other.target:
                        self.assertGreater(one.at, other.until, f"{other}, {one}")


class Load(unittest.TestCase):
    def test_the_seed_says_it_all(self):
        tags = load.tag_names(3)
        self.assertEqual(load.make(3, tags, 500), load.make(3, tags, 500))

    def test_it_holds_what_is_awkward(self):
        chunks = load.make(3, load.tag_names(4), 1000)
        text = [line for chunk in chunks for line in chunk.lines]
        kinds = {json.loads(line)["type"] for line in text}
        self.assertEqual(kinds, {"Note", "Announce", "Tombstone", "Coverage", "Forget"})
        self.assertGreater(len(text), len(set(text)), "duplicates")
        seen, late = set(), 0
        for line in text:
            value = json.loads(line)
            seen.add(value.get("id"))
            late += "inReplyTo" in value and value["inReplyTo"] not in seen
        self.assertGreater(late, 50, "replies that come before their parents")


if __name__ == "__main__":
    unittest.main(verbosity=0)
