"""Two timelines of one hashtag (`--json` form) held against each other, line by line."""

import collections
import json

# Lines of the one that the other lacks, lines that only the other has, and lines about the same
# thing that say something else of it, or stand elsewhere.
Difference = collections.namedtuple("Difference", "missing extra misplaced examples")
EXAMPLES_MAX = 6


def compare(actual, expected):
    """Both as text. (0, 0, 0, []) exactly where they are the same, byte for byte."""
    if actual == expected:
        return Difference(0, 0, 0, [])
    ours, theirs = _by_name(actual), _by_name(expected)
    missing = [name for name in theirs if name not in ours]
    extra = [name for name in ours if name not in theirs]
    both = [name for name in theirs if name in ours]
    changed = [name for name in both if ours[name] != theirs[name]]
    order = _out_of_order([name for name in ours if name in theirs], both)
    misplaced = sorted(set(changed) | set(order))
    examples = [f"missing {theirs[name]}" for name in missing[:EXAMPLES_MAX]]
    examples += [f"extra {ours[name]}" for name in extra[:EXAMPLES_MAX]]
    examples += [f"is        {ours[name]}\n  should be {theirs[name]}"
                 for name in misplaced[:EXAMPLES_MAX]]
    if not (missing or extra or misplaced):
        # The same lines, and still not the same bytes: a line that stands there twice.
        return Difference(0, len(actual.splitlines()) - len(expected.splitlines()) or 1, 0,
                          ["lines that stand there twice, or not in the same number"])
    return Difference(len(missing), len(extra), len(misplaced), examples)


def _by_name(text):
    """{(kind, id): line} in the order of the text; a repeated name is one of its own."""
    lines = {}
    for line in text.splitlines():
        try:
            value = json.loads(line)
            name = (value["kind"], str(value.get("id", "")))
        except (ValueError, KeyError, TypeError):
            name = ("no JSON object", line)
        while name in lines:
            name += ("again",)
        lines[name] = line
    return lines


def _out_of_order(ours, theirs):
    """Names whose neighbours before them are not the same: few where one thing moved."""
    after_ours = dict(zip(ours, [None] + ours))
    after_theirs = dict(zip(theirs, [None] + theirs))
    moved = [name for name in theirs if after_ours[name] != after_theirs[name]]
    return moved if ours != theirs else []
