"""Posts from seeds: plain ones in any number, and small sets full of the awkward kinds."""

import datetime
import json
import random

BASE = datetime.datetime(2016, 9, 23, 8)
HOST = "https://social.example"
WORDS = (
    "room question notes coffee group lesson silent debate feedback door library table "
    "evening slides answer paper late reader circle wall"
).split()


def stamp(seconds):
    """RFC 3339 of seconds after BASE, with milliseconds."""
    return (BASE + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def note(number, seconds, content="<p>words</p>", author=0, **more):
    return {
        "v": 1,
        "type": "Note",
        "id": f"{HOST}/s/{number}",
        "published": stamp(seconds),
        "attributedTo": {"id": f"{HOST}/u/{author}", "name": f"Person {author}"},
        "content": content,
        **more,
    }


def text(pick, number):
    return f"<p>mark{number} " + " ".join(pick.choices(WORDS, k=12)) + "</p>"


def conversation(seed, count):
    """`count` lines as a hashtag sees them: threads, edits, reposts, deletions, late replies."""
    pick = random.Random(seed)
    made = []
    for number in range(count):
        kind = pick.random()
        seconds = number * 5 + pick.randrange(60)
        earlier = pick.choice(made) if made else None
        if earlier and kind < 0.04:
            yield {**earlier, "content": text(pick, number), "updated": stamp(seconds + 60)}
        elif earlier and kind < 0.08:
            yield {
                "v": 1,
                "type": "Announce",
                "id": f"{HOST}/r/{number}",
                "published": stamp(seconds),
                "object": earlier["id"],
                "attributedTo": {"id": f"{HOST}/u/{pick.randrange(40)}"},
            }
        elif earlier and kind < 0.10:
            yield {"v": 1, "type": "Tombstone", "id": earlier["id"], "deleted": stamp(seconds + 99)}
        else:
            more = {}
            if earlier and kind < 0.55:
                more["inReplyTo"] = earlier["id"]
                if pick.random() < 0.3:
                    more["via"] = "thread"
            elif kind < 0.58:
                more["inReplyTo"] = f"{HOST}/missing/{pick.randrange(50)}"
            if pick.random() < 0.03:
                seconds += 86_400 * pick.randrange(1, 400)
            post = note(number, seconds, text(pick, number), pick.randrange(40), **more)
            made.append(post)
            del made[:-200]
            yield post


def awkward_set(pick):
    """A dozen or so lines over very few ids, so that every rule of a timeline meets every other."""
    ids = [f"{HOST}/s/{n}" for n in range(pick.randrange(2, 8))]
    lines = []
    for _ in range(pick.randrange(3, 16)):
        lines.append(awkward(pick, ids))
    if pick.random() < 0.15:
        kind = pick.choice(["post", "author"])
        what = pick.choice(ids) if kind == "post" else f"{HOST}/u/{pick.randrange(4)}"
        lines.append({"v": 1, "type": "Forget", kind: what})
    return lines


def awkward(pick, ids):
    own = pick.choice(ids)
    others = ids + [f"{HOST}/missing/{n}" for n in range(2)]
    kind = pick.random()
    # A few instants, the borders of the event and its gap among them.
    published = stamp(
        pick.choice([0, 1, 1.5, 3600, 7200, 7199.999, 21_600, 28_800, 28_801, 90_000, 5_000_000])
    )
    if kind < 0.12:
        line = {"v": 1, "type": "Tombstone", "id": own}
        for name, value in (
            ("deleted", stamp(pick.randrange(99_999))),
            ("published", published),
            ("inReplyTo", pick.choice(others)),
            ("context", pick.choice(others)),
        ):
            if pick.random() < 0.5:
                line[name] = value
        return line
    author = {"id": f"{HOST}/u/{pick.randrange(4)}", "name": pick.choice(["Ana", "Ben"])}
    if kind < 0.25:
        return {
            "v": 1,
            "type": "Announce",
            "id": pick.choice(ids + [f"{HOST}/r/{n}" for n in range(3)]),
            "published": published,
            "object": pick.choice(others),
            "attributedTo": author,
        }
    line = {
        "v": 1,
        "type": "Note",
        "id": own,
        "published": published,
        "content": pick.choice(["<p>a</p>", "<p>b &amp; c</p><p>d</p>", "", "é 東 <b>x</b><br>y"]),
    }
    for name, value, chance in (
        ("attributedTo", author, 0.8),
        ("updated", stamp(pick.randrange(9)), 0.3),
        ("inReplyTo", pick.choice(others), 0.6),
        ("context", pick.choice(others), 0.4),
        ("via", pick.choice(["tag", "thread"]), 0.5),
        ("sensitive", True, 0.1),
        ("quoteUri", pick.choice(others), 0.1),
    ):
        if pick.random() < chance:
            line[name] = value
    return line


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def at(number, name="s"):
    return f"{HOST}/{name}/{number}"


def quick_line(number, second=None, parent=None, context=None, name="s"):
    """A plain post as a line, made without a detour, for files of a hundred thousand."""
    second = number if second is None else second
    day, rest = divmod(second, 86_400)
    links = f',"inReplyTo":"{parent}"' if parent else ""
    links += f',"context":"{context}"' if context else ""
    return (
        f'{{"v":1,"type":"Note","id":"{at(number, name)}","published":"2016-09-{day + 1:02}T'
        f'{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.000Z"{links},'
        f'"attributedTo":{{"id":"{HOST}/u/{number % 100}"}},"content":"<p>n{number}</p>"}}\n'
    )
