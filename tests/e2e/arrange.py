"""The same lines otherwise: in other orders, repeated, in several files, packed."""

import gzip
import io
import zipfile


def to_text(lines):
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def zipped(parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, part in enumerate(parts):
            archive.writestr(f"part{i}.jsonl", to_text(part))
    return packed.getvalue()


def arrangements(pick, lines, write):
    """Pairs (what was done, files). `write(name, content)` makes a file and gives its path."""
    shuffled = pick.sample(lines, len(lines))
    doubled = lines + pick.choices(lines, k=len(lines))
    pick.shuffle(doubled)
    cut = pick.randrange(len(lines) + 1)
    parts = [part for part in (shuffled[:cut], shuffled[cut:]) if part]
    yield "backwards", [write("backwards.jsonl", to_text(lines[::-1]))]
    yield "shuffled", [write("shuffled.jsonl", to_text(shuffled))]
    yield "doubled", [write("doubled.jsonl.gz", gzip.compress(to_text(doubled).encode()))]
    yield "in several files", [
        write(f"part{i}.jsonl", to_text(part)) for i, part in enumerate(parts)
    ]
    yield "in a ZIP", [write("parts.zip", zipped(parts))]
