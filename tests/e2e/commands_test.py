#!/usr/bin/env python3
"""What each command says, and with which exit code: 0 done, 1 failed, 2 wrong usage or settings."""

import csv
import io
import json
import re
import shutil

import harness
import posts

TAG = harness.TAG
COMMANDS = [
    "run",
    "import",
    "preview",
    "export",
    "hashtags",
    "sessions",
    "conversations",
    "search",
    "forget",
    "check-config",
    "ingest",
    "process",
    "sink",
    "replay",
    "migrate",
    "doctor",
    "fetch",
]


class Usage(harness.EndToEnd):
    def test_help_everywhere(self):
        overview = self.call("--help").out
        for command in COMMANDS:
            self.assertRegex(overview, rf"(?m)^  {command}\s+\S", command)
            text = self.call(command, "--help")
            self.assertIn(f"{command} [OPTIONS]", text.out)
            self.assertEqual(text.err, "")
        self.assertEqual(
            sorted(re.findall(r"(?m)^  ([a-z][a-z-]+)\s{2,}\S", overview)), sorted(COMMANDS)
        )

    def test_version(self):
        for arguments in (["--version"], ["run", "--version"]):
            with self.subTest(arguments):
                self.assertRegex(self.call(*arguments).out, r"^latecomer \d+\.\d+\.\d+")

    def test_wrong_usage(self):
        file = self.write("one.jsonl", [posts.note("one", 1)])
        for arguments, words in (
            ([], "subcommand"),
            (["fly"], "fly"),
            (["run", "--fast"], "--fast"),
            (["run", "extra"], "extra"),
            (["import", file], "--hashtag"),
            (["import", "--hashtag", TAG], "FILE"),
            (["preview", "--hashtag", TAG], "FILE"),
            (["preview", file], "--hashtag"),
            (["preview", "--hashtag", "two words", file], "two words"),
            (["preview", "--hashtag", "", file], "hashtag"),
            (["preview", "--hashtag", TAG, "--gap", "soon", file], "soon"),
            (["preview", "--hashtag", TAG, "--gap", "-6h", file], "gap"),
            (["preview", "--hashtag", TAG, "--gap", "6", file], "6"),
            (["preview", "--hashtag", TAG, "--format", "word", file], "word"),
            (
                ["preview", "--hashtag", TAG, "--format", "csv", "--column", "nonsense", file],
                "nonsense",
            ),
            (["export", "--hashtag", TAG], "--format"),
            (["export", "--hashtag", TAG, "--format", "pdf"], "pdf"),
            (["export", "--format", "csv"], "--hashtag"),
            (["sessions"], "--hashtag"),
            (["conversations"], "--hashtag"),
            (["search"], "WORD"),
            (["search", "--limit", "0", "word"], "limit"),
            (["forget"], "exactly one"),
            (["forget", "--post", "a", "--author", "b"], "exactly one"),
            (["run", "-c", self.dir / "none.toml"], "none.toml"),
            (["check-config", "-c", self.dir / "none.toml"], "none.toml"),
        ):
            with self.subTest(arguments[:1] + [str(a) for a in arguments[1:]]):
                outcome = self.call(*arguments, rc=2, seconds=10)
                self.assertIn(words, outcome.err)
                self.assertEqual(outcome.out, "")

    def test_gap_of_zero_and_days(self):
        file = self.write("two.jsonl", [posts.note("one", 0), posts.note("two", 3_600)])
        for gap, sessions in (("0s", 2), ("0h", 2), ("59m", 2), ("60m", 1), ("1d", 1)):
            head = self.preview("--gap", gap, file).out.splitlines()[0]
            self.assertEqual(json.loads(head)["sessions"], sessions, gap)

    def test_nothing_stored_yet(self):
        for arguments in (
            ["hashtags"],
            ["sessions", "--hashtag", TAG],
            ["conversations", "--hashtag", TAG],
            ["search", "word"],
            ["export", "--hashtag", TAG, "--format", "timeline"],
        ):
            outcome = self.call(*arguments, "--data", self.data, rc=1)
            self.assertIn("nothing is stored", outcome.err)
            self.assertIn(str(self.data), outcome.err)
        self.assertFalse(self.data.exists(), "what only reads makes no folder")


class Settings(harness.EndToEnd):
    MISTAKES = """data = 7
[stream]
kind = "carrier pigeon"
[replay]
listn = "127.0.0.1:1"
listen = "nowhere"
[[hashtag]]
name = "a b"
gap = "six"
[[hashtag]]
name = "open"
[[hashtag.event]]
title = "Backwards"
start = 2016-09-24T00:00:00Z
end = 2016-09-23T00:00:00Z
[[source]]
name = "x"
kind = "archive"
"""

    def test_every_mistake_at_once_with_its_place(self):
        path = self.write("bad.toml", self.MISTAKES)
        outcome = self.call("check-config", "-c", path, rc=2)
        self.assertEqual(outcome.out, "")
        for number in (1, 3, 5, 6, 8, 9):
            self.assertRegex(
                outcome.err, rf"bad\.toml:{number}:\d+", f"line {number}\n{outcome.err}"
            )
        for words in ("listen", "carrier pigeon", "six", "end", "path"):
            self.assertIn(words, outcome.err)
        self.assertGreaterEqual(len(outcome.err.splitlines()), 8, outcome.err)
        # Every command that takes settings says the same, and does nothing.
        file = self.write("one.jsonl", [posts.note("one", 1)])
        for arguments in (
            ["run"],
            ["import", "--hashtag", TAG, file],
            ["preview", "--hashtag", TAG, file],
            ["export", "--hashtag", TAG, "--format", "csv"],
            ["hashtags"],
            ["sessions", "--hashtag", TAG],
            ["conversations", "--hashtag", TAG],
            ["search", "x"],
            ["forget", "--post", "x"],
        ):
            other = self.call(*arguments, "-c", path, rc=2, seconds=10)
            self.assertEqual(other.err, outcome.err, arguments[0])

    def test_not_toml_and_overlapping_events(self):
        event = (
            '[[hashtag.event]]\ntitle = "{0}"\nstart = 2016-09-{1:02}T00:00:00Z\n'
            "end = 2016-09-{2:02}T00:00:00Z\n"
        )
        overlapping = (
            '[[hashtag]]\nname = "open"\n' + event.format("One", 1, 5) + event.format("Two", 4, 9)
        )
        for text, words in (
            ("a = = 1\n", ":1:"),
            ('data = "open\n', ":1:"),
            (overlapping, "overlap"),
            ("\xff\xfe", ""),
            ("[replay]\n[replay]\n", ":2:"),
        ):
            path = self.write("wrong.toml", text.encode("latin-1"))
            outcome = self.call("check-config", "-c", path, rc=2)
            self.assertIn("wrong.toml", outcome.err)
            self.assertIn(words, outcome.err)

    def test_no_mistakes(self):
        path = self.write("good.toml", '[[hashtag]]\nname = "open"\n')
        outcome = self.call("check-config", "-c", path)
        self.assertIn("no mistakes", outcome.out)
        self.assertEqual(outcome.err, "")


class Results(harness.EndToEnd):
    """The commands over one store, made once."""

    def setUp(self):
        super().setUp()
        self.lines = [
            posts.note("a", 0, "<p>Opening <b>circle</b> &amp; coffee</p>"),
            posts.note("b", 60, "<p>an answer</p>", 1, inReplyTo=f"{posts.HOST}/s/a"),
            posts.note("c", 90_000, "<p>=1+1 the next day</p>", 2),
            {
                "v": 1,
                "type": "Announce",
                "id": f"{posts.HOST}/r/1",
                "published": posts.stamp(70),
                "object": f"{posts.HOST}/s/a",
                "attributedTo": {"id": f"{posts.HOST}/u/3"},
            },
            posts.note(
                "d", 90_060, "<p>to nobody we know</p>", 3, inReplyTo=f"{posts.HOST}/missing/1"
            ),
        ]
        self.file = self.write("posts.jsonl", self.lines)
        self.imports(self.file)
        self.run_until_idle()

    def lines_of(self, *arguments):
        return [
            json.loads(line)
            for line in self.call(*arguments, "--data", self.data, "--json").out.splitlines()
        ]

    def test_lists(self):
        self.assertEqual(
            self.lines_of("hashtags"),
            [
                {
                    "hashtag": TAG,
                    "display": TAG,
                    "entries": 4,
                    "reposts": 1,
                    "first": posts.stamp(0),
                    "last": posts.stamp(90_060),
                }
            ],
        )
        timeline = self.export().out.splitlines()
        for command, kind in (("sessions", "session"), ("conversations", "conversation")):
            lines = self.call(
                command, "--data", self.data, "--hashtag", TAG, "--json"
            ).out.splitlines()
            self.assertEqual(lines, [line for line in timeline if f'{{"kind":"{kind}"' in line])
            text = self.call(command, "--data", self.data, "--hashtag", "#" + TAG.upper()).out
            self.assertEqual(len(text.splitlines()), len(lines))
        self.assertIn(f"#{TAG}", self.call("hashtags", "--data", self.data).out)

    def test_unknown_hashtag(self):
        for arguments in (
            ["sessions"],
            ["conversations"],
            ["export", "--format", "timeline"],
            ["export", "--format", "posts"],
            ["export", "--format", "csv"],
        ):
            outcome = self.call(*arguments, "--data", self.data, "--hashtag", "nosuch", rc=1)
            self.assertIn("nosuch", outcome.err)

    def test_search(self):
        self.assertEqual(
            self.lines_of("search", "circle"),
            [
                {
                    "hashtag": TAG,
                    "id": f"{posts.HOST}/s/a",
                    "published": posts.stamp(0),
                    "author": f"{posts.HOST}/u/0",
                    "text": "Opening circle & coffee",
                }
            ],
        )
        self.assertEqual(len(self.lines_of("search", "--hashtag", TAG, "Person")), 4)
        self.assertEqual(len(self.lines_of("search", "--limit", "2", "Person")), 2)
        self.assertEqual(self.lines_of("search", "nowhere"), [])
        self.assertEqual(self.lines_of("search", "opening", "nowhere"), [], "all of the words")
        for odd in ('"', "'; DROP TABLE x;--", "a*", "NEAR(", "%", "\\", "\u6771", "e" * 1_000):
            self.call("search", "--data", self.data, odd)
        self.assertIn("longer", self.call("search", "--data", self.data, "e" * 1_001, rc=1).err)

    def test_exports(self):
        rows = list(csv.DictReader(io.StringIO(self.export("csv").out)))
        self.assertEqual([row["id"][-1] for row in rows], ["a", "b", "c", "d"])
        self.assertEqual(rows[0]["text"], "Opening circle & coffee")
        self.assertTrue(rows[2]["text"].startswith("'="), "no formula for a spreadsheet")
        again = self.write("again.jsonl", self.export("posts").out)
        self.assert_same_timeline(self.preview(again).out, self.export().out, "exported as posts")
        target = self.dir / "out.jsonl"
        self.call(
            "export", "--data", self.data, "--hashtag", TAG, "--format", "timeline", "-o", target
        )
        self.assertEqual(target.read_text(encoding="utf-8"), self.export().out)
        self.call(
            "export",
            "--data",
            self.data,
            "--hashtag",
            TAG,
            "--format",
            "csv",
            "-o",
            self.dir / "no" / "such" / "folder",
            rc=1,
        )
        second = self.export("timeline", data=self.data)
        session = self.lines_of("sessions", "--hashtag", TAG)[1]["id"]
        only = self.call(
            "export",
            "--data",
            self.data,
            "--hashtag",
            TAG,
            "--format",
            "timeline",
            "--session",
            session,
        ).out
        entries = [line for line in second.out.splitlines() if '"kind":"entry"' in line]
        self.assertEqual(
            [line for line in only.splitlines() if '"kind":"entry"' in line], entries[2:]
        )
        for wrong, rc in (("yesterday", 2), ("1999-01-01T00:00:00Z", 1)):
            outcome = self.call(
                "export",
                "--data",
                self.data,
                "--hashtag",
                TAG,
                "--format",
                "timeline",
                "--session",
                wrong,
                rc=rc,
            )
            self.assertIn(wrong[:4], outcome.err)

    def test_import_and_preview_count_alike(self):
        expected = {
            "accepted": 6,
            "new": 5,
            "changed": 0,
            "unchanged": 1,
            "forgotten": 0,
            "skipped": 0,
            "rejects": 1,
        }
        mixed = self.write(
            "mixed.jsonl",
            self.file.read_text(encoding="utf-8") + json.dumps(self.lines[0]) + "\n\nnonsense\n",
        )
        self.assertEqual(self.counts(self.preview(mixed)), expected)
        fresh = self.imports(mixed, "--json", data=self.dir / "fresh")
        self.assertEqual(self.counts(fresh), expected)
        self.assertIn("mixed.jsonl:8", fresh.err)
        text = self.imports(mixed, data=self.dir / "fresh2").err
        self.assertIn("6 posts: 5 new, 0 changed, 1 unchanged; 1 rejects", text)

    def test_an_archive_source_is_read_by_run(self):
        inbox = self.dir / "inbox"
        inbox.mkdir()
        shutil.copy(self.file, inbox)
        config = self.settings(
            f'[[hashtag]]\nname = "{TAG}"\n[[source]]\nname = "inbox"\n'
            'kind = "archive"\npath = "inbox"'
        )
        data = self.dir / "fresh"
        self.run_until_idle(data=data, config=config)
        self.assert_same_timeline(self.export(data=data).out, self.export().out, "by run")
        self.run_until_idle(data=data, config=config)
        self.assert_same_timeline(self.export(data=data).out, self.export().out, "by run, twice")


if __name__ == "__main__":
    harness.main()
