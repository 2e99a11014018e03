#!/usr/bin/env python3
"""Disks that are full or read-only: a clear message, exit code 1, nothing lost."""

import os
import resource
import signal
import subprocess

import harness
import posts

TAG = harness.TAG
POSTS = 12_000


def small_files(kib):
    """For a child: no file may grow past `kib`, and no signal says so: a write fails with EFBIG."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kib << 10, kib << 10))

    return limit


class Disks(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.file = self.write("posts.jsonl", list(posts.conversation(31, POSTS)))

    def mount(self, *options):
        """A tmpfs of our own; where mounting is not permitted the test is not possible."""
        self.data.mkdir(exist_ok=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", *options, "latecomer-e2e", self.data],
            capture_output=True,
            check=False,
        )
        if mounted.returncode != 0:
            self.skipTest("mounting is not permitted: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=False)

    def remount(self, options):
        subprocess.run(["mount", "-o", "remount," + options, self.data], check=True)

    def assert_refused(self, outcome, *words):
        self.assertEqual(outcome.rc, 1)
        self.assertTrue(outcome.err.strip(), "a message")
        self.assertTrue(any(word in outcome.err for word in words), outcome.err)
        self.assertNotIn("terminate called", outcome.err)

    def assert_all_there(self, what):
        self.imports(self.file)
        self.assertEqual(self.posts_in_stream(), POSTS, f"{what}: records of `posts`")
        self.run_until_idle()
        self.assert_store_holds([self.file], what)

    def test_full_while_importing(self):
        self.mount("-o", "size=1500k")
        for _ in range(2):
            outcome = self.imports(self.file, rc=1, seconds=90)
            self.assert_refused(outcome, "full", "No space")
        self.remount("size=256m")
        self.assert_all_there("after the disk was full while importing")

    def test_full_while_building(self):
        self.mount("-o", "size=256m")
        self.imports(self.file)
        filler = self.data / "filler"
        used = os.statvfs(self.data)
        with open(filler, "wb") as file:
            file.write(bytes(max(0, used.f_bavail * used.f_frsize - (900 << 10))))
        outcome = self.call(
            "run", "--until-idle", "--data", self.data, "-c", self.settings(), rc=1, seconds=90
        )
        self.assert_refused(outcome, "full", "No space")
        filler.unlink()
        self.assert_all_there("after the disk was full while building")

    def test_no_file_may_grow(self):
        """The same where mounting is not permitted: a limit on the size of files."""
        outcome = self.imports(self.file, rc=1, limits=small_files(1024), seconds=90)
        self.assert_refused(outcome, "full", "too large", "disk I/O", "cannot write")
        self.imports(self.file)
        outcome = self.call(
            "run",
            "--until-idle",
            "--data",
            self.data,
            "-c",
            self.settings(),
            rc=1,
            limits=small_files(2048),
            seconds=90,
        )
        self.assert_refused(outcome, "full", "too large", "disk I/O", "cannot write")
        self.assert_all_there("after files could not grow")

    def test_an_export_that_does_not_fit(self):
        self.imports(self.file)
        self.run_until_idle()
        target = self.dir / "out.jsonl"
        target.write_text("what stood here before")
        outcome = self.export("timeline", rc=1, limits=small_files(64))
        self.assert_refused(outcome, "cannot write standard output")
        outcome = self.call(
            "export",
            "--data",
            self.data,
            "--hashtag",
            TAG,
            "--format",
            "csv",
            "-o",
            target,
            rc=1,
            limits=small_files(64),
        )
        self.assert_refused(outcome, str(target))
        self.assertEqual(target.read_text(), "what stood here before", "no half export")
        self.assertEqual(
            [path.name for path in self.dir.glob("out.jsonl?*")], [], "nothing left over"
        )

    def test_output_that_cannot_be_written(self):
        """Half a result is no result: exit code 1, also where the reader's disk is full."""
        self.imports(self.file)
        self.run_until_idle()
        common = ["--data", self.data, "--hashtag", TAG]
        for arguments in (
            ["preview", "--json", "--hashtag", TAG, self.file],
            ["export", *common, "--format", "posts"],
            ["conversations", *common],
            ["search", *common, "--json", "room"],
            ["hashtags", "--data", self.data],
            ["sessions", *common],
        ):
            with self.subTest(arguments[0]), open("/dev/full", "wb") as full:
                outcome = self.call(*arguments, rc=None, stdout=full)
                self.assertEqual(outcome.rc, 1, f"{arguments[0]} > /dev/full")

    def test_read_only(self):
        self.mount("-o", "size=256m")
        self.imports(self.file)
        self.run_until_idle()
        before = self.export().out
        self.remount("ro")
        more = self.write("more.jsonl", [posts.note("more", 5)])
        for arguments in (
            ["import", "--hashtag", TAG, more],
            ["run", "-c", self.settings()],
            ["run", "--until-idle"],
            ["forget", "--post", "x"],
        ):
            outcome = self.call(
                *arguments[:1], "--data", self.data, *arguments[1:], rc=1, seconds=30
            )
            self.assert_refused(outcome, "ead-only", "readonly", "read-only", "cannot")
        # SQLite's shared memory wants a file beside the store even of those who only read.
        exported = self.export(rc=None)
        if exported.rc == 0:
            self.assert_same_timeline(exported.out, before, "exported from a read-only disk")
        else:
            self.assert_refused(exported, "writable")
        self.remount("rw")
        self.assert_all_there("after the disk was read-only")

    def test_a_data_directory_that_cannot_be(self):
        below = self.write("file", "not a folder") / "data"
        for arguments in (
            ["import", "--hashtag", TAG, self.file],
            ["run", "-c", self.settings()],
            ["forget", "--post", "x"],
        ):
            outcome = self.call(*arguments[:1], "--data", below, *arguments[1:], rc=1, seconds=10)
            self.assert_refused(outcome, str(below))
        for arguments in (
            ["hashtags"],
            ["export", "--hashtag", TAG, "--format", "posts"],
            ["search", "word"],
        ):
            outcome = self.call(*arguments[:1], "--data", below, *arguments[1:], rc=1, seconds=10)
            self.assert_refused(outcome, str(below))


if __name__ == "__main__":
    harness.main()
