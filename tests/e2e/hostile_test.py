#!/usr/bin/env python3
"""Bad input of every kind gives a reject or a clear error, and everything else is kept."""

import gzip
import io
import json
import zipfile

import harness
import posts

TAG = harness.TAG
LINE_MIB = 200  # a line far past every bound
GOOD = [posts.note("first", 1, "<p>before</p>"), posts.note("last", 2, "<p>after</p>")]
FIRST, LAST = (json.dumps(post).encode() + b"\n" for post in GOOD)


class BadInput(harness.EndToEnd):
    def assert_kept(self, outcome, count=2):
        """The good posts are there whatever stood between them."""
        head = json.loads(outcome.out.splitlines()[0])
        self.assertEqual(head["entries"], count, outcome.err)

    def assert_refused(self, outcome, path, *words):
        self.assertIn(path.name, outcome.err)
        self.assertTrue(not words or any(word in outcome.err for word in words), outcome.err)

    def between(self, bad, name="mixed.jsonl"):
        return self.write(name, FIRST + bad + b"\n" + LAST)

    def test_bad_lines_are_rejected_by_name(self):
        note = json.dumps(posts.note("bad", 3))
        cases = {
            "invalid UTF-8": note.encode().replace(b"words", b"w\xff\xfeds"),
            "overlong UTF-8": note.encode().replace(b"words", b"w\xc0\xafds"),
            "Latin-1": note.replace("words", "caf\xe9").encode("latin-1"),
            "a lone surrogate": note.replace("words", "\\ud800").encode(),
            "NUL": note.replace("words", "a\\u0000b").encode(),
            "a raw NUL": note.encode().replace(b"words", b"a\0b"),
            "a duplicate key": note.replace('"v": 1', '"v": 1, "v": 1').encode(),
            "deep JSON": b'{"v":1,"type":"Note","content":'
            + b"[" * 100_000
            + b"]" * 100_000
            + b"}",
            "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            "open brackets only": b"[" * 100_000,
            "cut off": note.encode()[:-20],
            "a number": b"7",
            "a string": b'"text"',
            "huge numbers": note.replace('"v": 1', '"v": 1' + "0" * 50_000).encode(),
            "another version": note.replace('"v": 1', '"v": 2').encode(),
            "an unknown type": note.replace("Note", "Video").encode(),
            "no id": json.dumps({**posts.note("bad", 3), "id": ""}).encode(),
            "a long id": json.dumps({**posts.note("bad", 3), "id": "x" * 2049}).encode(),
            "a control character in the id": note.replace("/s/bad", "/s/b\\nad").encode(),
            "no time": note.replace("2016-09-23T08:00:03.000Z", "yesterday").encode(),
            "content of the wrong kind": json.dumps(
                {**posts.note("bad", 3), "content": 5}
            ).encode(),
            "a tag that is no object": json.dumps({**posts.note("bad", 3), "tag": ["x"]}).encode(),
            "not JSON": b"<html><body>502 Bad Gateway</body></html>",
        }
        for name, bad in cases.items():
            with self.subTest(name):
                path = self.between(bad)
                outcome = self.preview(path, seconds=20)
                self.assertEqual(self.counts(outcome)["rejects"], 1, outcome.err)
                self.assert_kept(outcome)
                self.assertIn("mixed.jsonl:2", outcome.err, "the reject names file and line")

    def test_times_at_the_edge(self):
        kept = {
            "1850-01-01T00:00:00Z": "1850-01-01T00:00:00.000Z",
            "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z": "1969-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59.9999Z": "9999-12-31T23:59:59.999Z",
            "2016-12-31T23:59:60Z": "2017-01-01T00:00:00.000Z",
            "2016-02-29t00:30:00+01:00": "2016-02-28T23:30:00.000Z",
        }
        lines = [{**posts.note(i, 0), "published": time} for i, time in enumerate(kept)]
        bad = [
            "10000-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "+12016-01-01T00:00:00Z",
            "-0044-03-15T12:00:00Z",
            "2015-02-29T00:00:00Z",
            "2016-01-01T24:00:00Z",
            "2016-01-01T00:00:00",
            "2016-01-01",
            "99999999999999999999-01-01T00:00:00Z",
            "2016-01-01T00:00:00.Z",
        ]
        lines += [{**posts.note(f"bad{i}", 0), "published": time} for i, time in enumerate(bad)]
        path = self.write("times.jsonl", lines)
        shown = self.preview(path)
        self.assertEqual(self.counts(shown)["rejects"], len(bad), shown.err)
        entries = [json.loads(line) for line in shown.out.splitlines() if '"kind":"entry"' in line]
        self.assertEqual([entry["published"] for entry in entries], sorted(kept.values()))
        self.imports(path)
        self.run_until_idle()
        self.assert_store_holds([path], "times before 1970 and at the end of the year 9999")

    def test_files_that_are_damaged(self):
        many = b"".join(json.dumps(posts.note(i, i)).encode() + b"\n" for i in range(3_000))
        packed = gzip.compress(many)
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 0x55
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("posts.jsonl", many)
        for name, content in (
            ("cut.jsonl.gz", packed[: len(packed) // 2]),
            ("flipped.jsonl.gz", bytes(flipped)),
            ("head.jsonl.gz", packed[:5]),
            ("cut.zip", archive.getvalue()[:-200]),
        ):
            with self.subTest(name):
                path = self.write(name, content)
                self.assert_refused(self.preview(path, rc=1, seconds=20), path)
                self.assert_refused(self.imports(path, rc=1, seconds=20), path)
        # What stands before the damage is kept, and the rest comes with a whole file.
        self.assertGreater(self.posts_in_stream(), 100)
        whole = self.write("whole.jsonl.gz", packed)
        self.imports(whole)
        self.run_until_idle()
        self.assert_store_holds([whole], "after damaged files and a whole one")

    def test_files_that_are_something_else(self):
        utf16 = (FIRST + LAST).decode().encode("utf-16")
        for name, content in (
            ("empty.jsonl", b""),
            ("utf16.jsonl", utf16),
            ("noise.bin", bytes(range(256)) * 500),
            ("page.html", b"<html></html>"),
            ("nul.jsonl", bytes(100_000)),
            ("text.txt", b"hello\nworld\n"),
            ("array.json", b"[" * 100_000),
            ("member.zip", self.zip_of(bytes(9_999), "a.bin")),
        ):
            with self.subTest(name):
                path = self.write(name, content)
                outcome = self.preview(path, rc=None, seconds=20)
                if outcome.rc == 0:
                    self.assertEqual(self.counts(outcome)["accepted"], 0)
                else:
                    self.assertEqual(outcome.rc, 1)
                    self.assert_refused(outcome, path)
        missing = self.dir / "missing.jsonl"
        self.assert_refused(self.preview(missing, rc=1), missing, "No such file")
        self.assert_refused(self.preview(self.dir, rc=1), self.dir)
        self.assert_kept(self.preview(self.write("bom.jsonl", b"\xef\xbb\xbf" + FIRST + LAST)))
        self.assert_kept(self.preview(self.write("crlf.jsonl", FIRST[:-1] + b"\r\n\r\n" + LAST)))

    def zip_of(self, content, *names):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name in names:
                file.writestr(name, content)
        return archive.getvalue()

    def test_a_zip_writes_nowhere(self):
        path = self.write(
            "evil.zip",
            self.zip_of(
                FIRST,
                "../../escaped.jsonl",
                "/tmp/escaped.jsonl",
                "a" * 60_000 + ".jsonl",
                "ok.jsonl",
            ),
        )
        before = sorted(self.dir.rglob("*"))
        outcome = self.preview(path, rc=None, cwd=self.dir)
        self.assertIn(outcome.rc, (0, 1))
        self.assertEqual(sorted(self.dir.rglob("*")), before)
        self.assertFalse((self.dir.parent / "escaped.jsonl").exists())

    def test_a_line_of_200_mb(self):
        path = self.dir / "line.jsonl"
        mib = b"a" * (1 << 20)
        with open(path, "wb") as file:
            file.write(FIRST + b'{"v":1,"type":"Note","content":"')
            for _ in range(LINE_MIB):
                file.write(mib)
            file.write(b'"}\n' + LAST)
        self.check_long_line(path)

    def test_a_packed_line_of_1_gb(self):
        """Which takes a megabyte of a disk, and none of the memory either."""
        path = self.dir / "bomb.jsonl.gz"
        mib = b"a" * (1 << 20)
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(FIRST)
            for _ in range(1024):
                file.write(mib)
            file.write(b"\n" + LAST)
        self.check_long_line(path)

    def check_long_line(self, path):
        for outcome in (self.preview(path, seconds=60), self.imports(path, "--json", seconds=60)):
            self.assertEqual(self.counts(outcome)["rejects"], 1, outcome.err)
            self.assertEqual(self.counts(outcome)["accepted"], 2)
            self.assertIn(f"{path.name}:2", outcome.err)
            self.assertLess(outcome.peak_kib, 200 << 10, "KiB for a line that is dropped")

    def test_hostile_html_and_urls(self):
        evil = [
            "<script>alert(1)</script>kept",
            "<img src=x onerror=alert(1)>kept",
            '<a href="javascript:alert(1)">kept</a>',
            '<a href=" jAvA\tscript:alert(1)">kept</a>',
            '<a href="data:text/html,<script>alert(1)</script>">kept</a>',
            "<svg/onload=alert(1)>kept",
            '<p style="background:url(javascript:alert(1))">kept',
            "<math><mtext></p><style><img src=x onerror=alert(1)></style>kept",
            '<iframe srcdoc="<script>alert(1)</script>"></iframe>kept',
            "<!--><script>alert(1)-->kept",
            '<a href="https://ok.example/" onclick="alert(1)">kept</a>',
            '<base href="//evil.example">kept',
            "<div>" * 60_000 + "kept",
            "<a " + "x='" * 60_000 + ">kept",
            "<" * 100_000 + "kept",
            "&#0;&#x110000;&notin;&" + "amp;" * 50_000 + "kept",
            "<b>" * 5_000 + "kept" + "</i>" * 5_000,
        ]
        lines = [
            posts.note(
                i,
                i,
                html,
                url="javascript:alert(1)",
                quoteUri="javascript:alert(1)",
                attachment=[
                    {
                        "type": "Image",
                        "url": "javascript:alert(1)",
                        "mediaType": 'text/html"><script>',
                    }
                ],
                tag=[
                    {"type": "Hashtag", "name": "#<script>"},
                    {"type": "Mention", "href": "javascript:alert(1)", "name": "@x"},
                ],
            )
            for i, html in enumerate(evil)
        ]
        for i, line in enumerate(lines):
            line["attributedTo"].update(
                url="javascript:alert(1)",
                icon="javascript:alert(1)",
                name="<script>alert(1)</script>",
            )
        path = self.write("evil.jsonl", lines)
        self.assertEqual(self.imports(path, "--json", seconds=30).rc, 0)
        self.run_until_idle()
        self.assert_store_holds([path], "hostile HTML")
        run, port = self.serve()
        entries = harness.Get(port, f"/v1/hashtags/{TAG}/entries?limit=200").json()["entries"]
        self.assertEqual(len(entries), len(evil))
        for entry, html in zip(sorted(entries, key=lambda e: e["published"]), evil):
            content = entry["content"].lower()
            for word in (
                "<script",
                "javascript:",
                "<img",
                "<svg",
                "<iframe",
                "<style",
                "style=",
                "<base",
                "srcdoc",
                "data:",
            ):
                self.assertNotIn(word, content.replace("&lt;", ""), html[:80])
            self.assertNotRegex(content, r"<[^>]*\son\w+\s*=", html[:80])
            self.assertIn(entry["url"], (None, entry["id"]))
            self.assertIn(entry["author"]["url"], (None, entry["author"]["id"]))
            for attachment in entry["attachments"]:
                self.assertIsNone(attachment["url"])
        self.assertEqual(run.stop().rc, 0)


if __name__ == "__main__":
    harness.main()
