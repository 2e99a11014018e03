"""Puts the posts in while faults happen: by `latecomer import`, and as files in watched folders."""

import os
import signal
import subprocess
import time

import paths  # noqa: F401  (first)
import server

# An import that cannot go on for so long is stopped, and run again.
_IMPORT_S_MAX = 90
_RETRY_S = 0.3


class Feed:
    """chunks: of load.make, spread evenly over `seconds`."""

    def __init__(self, pipeline, chunks, seconds):
        self._pipeline = pipeline
        self._folder = pipeline.folder / "posts"
        self._folder.mkdir(exist_ok=True)
        self._chunks = list(chunks)
        self._every = seconds / max(1, len(chunks))
        self.begin = time.monotonic()
        self._waiting = []  # files for the next imports
        self._import = None  # (tag, files, process, since)
        self._retry_at = 0.0
        self._kill_after = None
        self.written = 0  # chunks
        self.imports = self.imports_failed = self.imports_killed = 0

    def turn(self):
        now = time.monotonic()
        while self._chunks and now - self.begin >= self.written * self._every:
            self._put(self._chunks.pop(0))
            self.written += 1
        if self._import:
            self._watch(now)
        elif self._waiting and now >= self._retry_at:
            self._start_import()

    def is_over(self):
        return not (self._chunks or self._waiting or self._import)

    def kill_next_after(self, seconds):
        """The next import that has run for so long is ended with kill -9."""
        self._kill_after = seconds

    def close(self):
        if self._import:
            self._import[2].kill()
            self._import[2].wait()

    def _put(self, chunk):
        path = chunk.write(self._folder)
        if chunk.tag in self._pipeline.folder_tags:
            # As a file that is there at once, and whole.
            os.rename(path, self._pipeline.inbox / chunk.tag / chunk.name)
        else:
            self._waiting.append((chunk.tag, path))

    def _start_import(self):
        tag = self._waiting[0][0]
        files = [path for one, path in self._waiting if one == tag]
        log = open(self._pipeline.logs / "import.log", "ab")
        with log:
            process = subprocess.Popen(
                [self._pipeline.latecomer, "import", "-c", self._pipeline.settings,
                 "--hashtag", tag, *files],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=server.end_with_parent)
        self._import = (tag, files, process, time.monotonic())

    def _watch(self, now):
        tag, files, process, since = self._import
        code = process.poll()
        if code is None:
            if self._kill_after is not None and now - since >= self._kill_after:
                self._kill_after = None
                self.imports_killed += 1
                process.kill()
            elif now - since > _IMPORT_S_MAX:
                self._pipeline.trouble(
                    f"an import of #{tag} had not ended after {_IMPORT_S_MAX} s")
                process.kill()
            return
        self._import = None
        if code == 0:
            self.imports += 1
            self._waiting = [(one, path) for one, path in self._waiting if path not in files]
            return
        # Killed, or without a broker: run again, it takes up where it was.
        self._retry_at = now + _RETRY_S
        if code != -signal.SIGKILL:
            self.imports_failed += 1
