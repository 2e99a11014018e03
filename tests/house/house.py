#!/usr/bin/env python3
"""The rules of the house that a compiler does not check.

house.py [--root DIR] [RULE…] prints each breach as FILE:LINE: WORDS and exits with 1 if there is
one. Without RULE it checks all of them. docs/decisions and CONTRIBUTING.md say why they exist.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# The stages and what each may include, itself apart.
MAY_INCLUDE = {
    "base": set(),
    "model": {"base"},
    "config": {"base", "model"},  # decision 0001
    "stream": {"base"},
    "store": {"base", "model"},
    "ingest": {"base", "model", "stream"},
    "processor": {"base", "model", "stream"},
    "sink": {"base", "model", "stream", "store"},
    "replay": {"base", "model", "store"},
}
EVERYTHING = {"app", "tests", "bench"}

# Headers of a library, and the only files that may include them.
LIBRARIES = [
    ("RapidJSON", r"rapidjson/", r".*_json\.cpp|tests/.*_json_test\.cpp"),
    ("librdkafka", r"(librdkafka/)?rdkafka", r"stream/kafka_[^/]*|bench/peers/[^/]*"),  # the peers are its bare use
    ("SQLite", r"SQLiteCpp/|sqlite3", r"(.*/)?(embedded|sqlite)_[^/]*"),
    ("PostgreSQL", r"(postgresql/)?libpq", r"store/postgres_[^/]*"),
    # Half a minute and a gigabyte a file: never by way of a header.
    # The admin server answers three texts: it is none of replay's, which serves viewers of a store.
    # Sources speak WebSocket by it (docs/decisions/0007).
    ("Boost.Beast", r"boost/beast",
     r"(tests/)?replay/[^/]*\.cpp|bench/bench_replay\.cpp|app/admin_server\.cpp|ingest/websocket_beast\.cpp"),
    ("Boost.Asio", r"boost/asio",
     r"(tests/)?replay/[^/]*|bench/bench_replay\.cpp|app/admin_server\.cpp|ingest/websocket_beast\.cpp"),
    ("toml++", r"toml\+\+/", r"config/[^/]*"),
    ("CLI11", r"CLI/", r"app/[^/]*\.cpp"),
]

LINES_MAX = 400

# A folder that only exists on somebody's machine.
MACHINE_PATH = re.compile(r"(?:^|[^\w./~-])/(?:root|srv|home/\w+)/")

# The target of a link or picture in Markdown, unless it leads out of the checkout or down the page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


class House:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.breaches = []
        self.files = self._files()

    def _files(self):
        """Every file of the checkout that is tracked or about to be, as paths below the root."""
        listing = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode()
        names = sorted({name for name in listing.split("\0") if name})
        return [name for name in names if (self.root / name).is_file()]

    def sources(self):
        return [name for name in self.files if name.endswith((".cpp", ".h"))]

    def lines(self, name):
        text = (self.root / name).read_bytes().decode("utf-8", "replace")
        return enumerate(text.splitlines(), 1)

    def includes(self, name):
        for number, line in self.lines(name):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1)

    def breach(self, name, number, words):
        self.breaches.append(f"{name}:{number}: {words}")

    def rule_stages(self):
        """A stage includes only what stands below it, and daemons never each other."""
        for name in self.sources():
            stage = name.split("/")[0]
            if stage in EVERYTHING:
                continue
            if stage not in MAY_INCLUDE:
                self.breach(name, 1, "no stage: sources live in one of " + ", ".join(MAY_INCLUDE))
                continue
            for number, header in self.includes(name):
                other = header.split("/")[0]
                known = other in MAY_INCLUDE or other in EVERYTHING
                if "/" in header and known and other != stage and other not in MAY_INCLUDE[stage]:
                    self.breach(name, number, f"{stage}/ may not include {other}/ ({header})")

    def rule_libraries(self):
        """A library stays behind the files that are named after it."""
        for name in self.sources():
            for number, header in self.includes(name):
                for library, headers, files in LIBRARIES:
                    if re.match(headers, header) and not re.fullmatch(files, name):
                        self.breach(name, number, f"{library} belongs in {files} only ({header})")

    def rule_length(self):
        """Files that fit a head. (The width of a line is clang-format's.)"""
        for name in self.sources():
            count = sum(1 for _ in self.lines(name))
            if count > LINES_MAX:
                self.breach(name, count, f"{count} lines, {LINES_MAX} at most: is it one thing?")

    def rule_pragma(self):
        """Each header is included once."""
        for name in self.sources():
            if name.endswith(".h") and not any(
                    line.strip() == "#pragma once" for _, line in self.lines(name)):
                self.breach(name, 1, "no #pragma once")

    def rule_paths(self):
        """No file names a folder that exists on one machine only."""
        for name in self.files:
            if name.startswith("tests/house/"):
                continue  # these name what they look for
            data = (self.root / name).read_bytes()
            if b"\0" in data[:4096]:
                continue
            for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
                if MACHINE_PATH.search(line):
                    self.breach(name, number, f"a machine's path: {line.strip()[:80]}")

    def rule_links(self):
        """What a page links to is there."""
        for name in self.files:
            if name.endswith(".md"):
                for number, line in self.lines(name):
                    for target in LINK.findall(line):
                        if not (self.root / name).parent.joinpath(target).exists():
                            self.breach(name, number, f"a link to nothing: {target}")


RULES = sorted(name[5:] for name in dir(House) if name.startswith("rule_"))


def check(root, rules):
    house = House(root)
    for rule in rules:
        getattr(house, "rule_" + rule)()
    return house.breaches


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("rules", nargs="*", choices=[[], *RULES], metavar="RULE",
                        help="one of " + ", ".join(RULES))
    arguments = parser.parse_args()
    breaches = check(arguments.root, arguments.rules or RULES)
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
