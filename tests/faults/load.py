"""The posts of a fault run, all from one seed: conversations of several hashtags, in small files.

Beside what posts.conversation makes (threads, edits, reposts, deletions, late replies): small sets
full of awkward kinds, parents that come after their replies, duplicates, posts under two hashtags,
coverage, and posts and authors that are to be forgotten.
"""

import dataclasses
import json
import random

import paths  # noqa: F401  (first)
import posts

_HOST = "https://social.example"
DELAYED_BY_MAX = 150  # lines that a late parent comes after its place


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Lines that go in together, as a file."""

    tag: str
    number: int
    lines: tuple

    @property
    def name(self):
        return f"{self.tag}-{self.number:04}.jsonl"

    def write(self, folder):
        path = folder / self.name
        path.write_text("".join(self.lines), encoding="utf-8")
        return path


def tag_names(count):
    return [f"talk{number}" for number in range(count)]


def make(seed, tags, lines_a_tag):
    """Chunks of all hashtags, in the order in which they go in."""
    pick = random.Random(f"load {seed}")
    lines = {tag: _lines_of(pick, f"{seed} {tag}", tag, lines_a_tag) for tag in tags}
    for tag in tags:
        _cross_post(pick, lines, tag)
    chunks = {tag: _chunks(pick, tag, lines[tag]) for tag in tags}
    order = [tag for tag in tags for _ in chunks[tag]]
    pick.shuffle(order)
    return [chunks[tag].pop(0) for tag in order]


def _lines_of(pick, seed, tag, count):
    own = [_renamed(line, f"https://{tag}.example")
           for line in posts.conversation(seed, count)]
    for number in range(count // 120):
        host = f"https://{tag}.example/set{number}"
        own_set = [_renamed(line, host) for line in posts.awkward_set(pick)]
        place = pick.randrange(len(own))
        own[place:place] = own_set
    for number in range(count // 400):
        own.insert(pick.randrange(len(own)), _forget(pick, tag, count))
        own.insert(pick.randrange(len(own)), _coverage(pick, number))
    for line in pick.sample(own, len(own) // 30):
        own.insert(pick.randrange(len(own)), line)
    # Late parents: some lines come after many that were said later.
    places = [index + (pick.random() < 0.1) * pick.randrange(DELAYED_BY_MAX)
              for index in range(len(own))]
    return [line for _, _, line in sorted(zip(places, range(len(own)), own))]


def _renamed(line, host):
    return _json(line).replace(_HOST, host)


def _json(line):
    return json.dumps(line, ensure_ascii=False) + "\n"


def _forget(pick, tag, count):
    if pick.random() < 0.7:
        return _json({"v": 1, "type": "Forget",
                      "post": f"https://{tag}.example/s/{pick.randrange(count)}"})
    author = f"https://{tag}.example/u/{pick.randrange(40)}"
    return _json({"v": 1, "type": "Forget", "author": author})


def _coverage(pick, number):
    begin = pick.randrange(0, 900_000)
    return _json({
        "v": 1, "type": "Coverage", "source": pick.choice(["net-a", "net-b"]),
        "from": posts.stamp(begin), "to": posts.stamp(begin + pick.randrange(60, 9000)),
        "complete": pick.random() < 0.7, "why": f"window {number}",
    })


def _cross_post(pick, lines, tag):
    """A few posts stand under a second hashtag too, as the same record."""
    other = pick.choice(list(lines))
    if other == tag:
        return
    for line in pick.sample(lines[tag], 20):
        if '"type": "Note"' in line:
            lines[other].insert(pick.randrange(len(lines[other])), line)


def _chunks(pick, tag, lines):
    chunks, at = [], 0
    while at < len(lines):
        size = min(pick.choice([1, 3, 20, 60, 120, 250]), len(lines) - at)
        chunks.append(Chunk(tag, len(chunks), tuple(lines[at:at + size])))
        at += size
    return chunks


def mark(line):
    """What tells one line from another, whichever way it was written: bytes of a JSON object."""
    value = json.loads(line)
    # Absent, empty and the default are the same.
    fields = [value.get(name) or None for name in
              ("type", "id", "published", "updated", "deleted", "object", "inReplyTo", "context",
               "content", "post", "author", "from", "to")]
    fields.append(value.get("via") == "thread")
    if value.get("type") == "Coverage":
        fields += [value["source"], value["complete"], value.get("why")]
    return tuple(fields)
