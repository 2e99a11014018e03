#!/usr/bin/env python3
"""Faults at random moments under load, and afterwards: is every timeline as it must be?

Three brokers (replication 3, two must have a record), PostgreSQL, two or more of each daemon. Posts
go in while brokers, database and daemons are killed and paused, groups rebalance and connections are
cut and slowed. After the last fault everything is mended; then, for each hashtag, the store is
held byte for byte against what one process makes in memory of what the topic `posts` holds. The
pipeline is then started anew with an empty database, which is filled from `timelines`, more
posts come, and it is compared again. The same seed gives the same faults and the same posts.
"""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import paths  # noqa: F401  (first)
import feed
import inject
import load
import pipeline as pipelines
import plan
import server
import verify

_STEADY_S = 3.0  # nothing has moved for so long: caught up, or stuck
_CATCH_UP_S_MAX = 240
_STUCK_S = 90  # so long without any movement, and what is missing will not come any more
_LAST_SHARE = 12  # one in so many chunks goes in after the restart


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latecomer", required=True, help="the executable")
    parser.add_argument("--faults", type=int, default=18)
    parser.add_argument("--minutes", type=float, help="of faults; wins over --faults")
    parser.add_argument("--seed", type=int, help="default: another one each time")
    parser.add_argument("--tags", type=int, default=9, help="hashtags")
    parser.add_argument("--watched", type=int,
                        help="how many of them come from watched folders; default a third")
    parser.add_argument("--lines", type=int, help="posts of each hashtag")
    parser.add_argument("--plan", action="store_true", help="print what would happen, and end")
    parser.add_argument("--keep", metavar="DIR", help="where the files of a failing run go")
    return parser.parse_args(arguments)


class Run:
    def __init__(self, options):
        self.options = options
        self.seed = options.seed if options.seed is not None else time.time_ns() % 1_000_000
        self.faults = self._plan()
        self.seconds = max(fault.until for fault in self.faults) + 1 if self.faults else 10.0
        self.tags = load.tag_names(options.tags)
        lines = options.lines or min(4000, 300 + int(5 * self.seconds))
        self.chunks = load.make(self.seed, self.tags, lines)
        self.begin = time.monotonic()

    def _plan(self):
        if not self.options.minutes:
            return plan.make(self.seed, self.options.faults)
        most = int(self.options.minutes * 60 / plan.GAP_S[0])
        return [fault for fault in plan.make(self.seed, most)
                if fault.at < self.options.minutes * 60]

    def tell(self, text):
        print(f"[{time.monotonic() - self.begin:6.1f}] {text}", flush=True)

    def run(self, folder):
        """The troubles there were; none: all is well."""
        watched = self.options.watched
        if watched is None:
            watched = len(self.tags) // 3
        pipeline = pipelines.Pipeline(self.options.latecomer, folder, self.tags,
                                      self.tags[:watched])
        self.pipeline = pipeline
        try:
            self.tell("starting three brokers, PostgreSQL and toxiproxy")
            pipeline.start_servers()
            pipeline.start_daemons(plan.DAEMONS)
            last = max(1, len(self.chunks) // _LAST_SHARE)
            first, rest = self.chunks[:-last], self.chunks[-last:]
            self._under_faults(first)
            self._mend()
            self._check("first", self.chunks[:-last])
            self.tell("starting anew with an empty database")
            pipeline.stop_daemons()
            self._fresh_database()
            pipeline.start_daemons(plan.DAEMONS)
            self._feed(feed.Feed(pipeline, rest, 2.0))
            oracle = self._check("second", self.chunks)
            pipeline.stop_daemons()
            self._compare(oracle, "when all have stopped")
            oracle.check_embedded(pipeline.troubles)
            self.tell("an embedded run over the same posts compared")
        finally:
            try:
                if pipeline.troubles or sys.exc_info()[0]:
                    self._keep()
            finally:
                pipeline.close()
        return pipeline.troubles

    def _under_faults(self, chunks):
        posts = feed.Feed(self.pipeline, chunks, self.seconds * 0.95)
        injector = inject.Injector(self.pipeline, self.faults, posts, self.tell)
        lines = sum(len(chunk.lines) for chunk in chunks)
        self.tell(f"{lines} posts of {len(self.tags)} hashtags, {len(self.faults)} faults in "
                  f"{self.seconds:.0f} s")
        told = time.monotonic()
        try:
            while not (injector.is_over() and time.monotonic() - posts.begin > self.seconds):
                injector.turn()
                posts.turn()
                self.pipeline.poll()
                if time.monotonic() - told > 30:
                    told = time.monotonic()
                    self.tell(f"{injector.done} faults, {posts.written}/{len(chunks)} files, "
                              f"{len(self.pipeline.troubles)} troubles")
                time.sleep(0.02)
            self.injected = injector.done
            self.posts = posts
        except BaseException:
            posts.close()
            raise

    def _mend(self):
        pipeline = self.pipeline
        pipeline.toxiproxy.heal()
        for node in pipeline.kafka.nodes:
            node.resume()
            node.start()
        pipeline.postgres.resume()
        pipeline.postgres.process.start()
        pipeline.settle()
        pipeline.kafka.wait_in_sync()
        self.tell("all mended; the last files go in")
        self._feed(self.posts)
        posts = self.posts
        self.tell(f"imports: {posts.imports} done, {posts.imports_killed} killed, "
                  f"{posts.imports_failed} failed and run again")

    def _feed(self, posts):
        until = time.monotonic() + _CATCH_UP_S_MAX
        try:
            while not posts.is_over():
                posts.turn()
                self.pipeline.poll()
                if time.monotonic() > until:
                    raise AssertionError(f"the posts did not go in within {_CATCH_UP_S_MAX} s")
                time.sleep(0.02)
        finally:
            posts.close()

    def _wait_steady(self):
        """Until neither `timelines` nor the store has moved for a while."""
        until = time.monotonic() + _CATCH_UP_S_MAX
        seen, since = None, time.monotonic()
        while time.monotonic() < until:
            self.pipeline.poll()
            ends = self.pipeline.ends()
            if ends != seen:
                seen, since = ends, time.monotonic()
            elif time.monotonic() - since > _STEADY_S and None not in ends:
                return
            time.sleep(0.7)
        self.pipeline.troubles.append(f"still moving after {_CATCH_UP_S_MAX} s: {seen}")

    def _check(self, name, chunks):
        """Waits until the store holds what it must; what it then lacks is trouble."""
        pipeline = self.pipeline
        until = time.monotonic() + _CATCH_UP_S_MAX
        while True:
            self._wait_steady()
            committed = verify.Committed(pipeline)
            troubles = []
            verify.check_input(committed, chunks, troubles)
            # A watched folder may be read only now.
            if not troubles or time.monotonic() > until - _CATCH_UP_S_MAX / 2:
                break
        pipeline.troubles += troubles
        oracle = verify.Oracle(pipeline, committed, name)
        self.tell(f"caught up: `posts` holds {committed.count} records, all compared with " + name)
        self._wait_same(oracle)
        self._compare(oracle, f"{name} comparison")
        return oracle

    def _wait_same(self, oracle):
        """Until the store holds it, or nothing has moved for so long that it will not."""
        seen, since = None, time.monotonic()
        while not self._is_same(oracle):
            self.pipeline.poll()
            ends = self.pipeline.ends()
            if ends != seen:
                seen, since = ends, time.monotonic()
            elif time.monotonic() - since > _STUCK_S:
                self.tell(f"nothing has moved for {_STUCK_S} s")
                return
            time.sleep(1)
        if seen is not None:
            self.tell(f"the store had it {time.monotonic() - since:.0f} s after its last movement")

    def _is_same(self, oracle):
        return verify.compare_all(self.pipeline, oracle, []).tags == 0

    def _compare(self, oracle, what):
        examples = []
        result = verify.compare_all(self.pipeline, oracle, examples)
        self.tell(f"{what}: missing {result.missing}, extra {result.extra}, "
                  f"out of place {result.misplaced} in {len(oracle.timelines)} hashtags")
        self.pipeline.troubles += [f"{what}: {text}" for text in examples]

    def _fresh_database(self):
        database = self.pipeline.postgres
        database.create_database("again")
        database.database = "again"
        self.pipeline.write_settings(database.url)

    def _keep(self):
        to = pathlib.Path(self.options.keep or tempfile.mkdtemp(prefix="latecomer-faults-failed-"))
        self.pipeline.keep(to)
        (to / "troubles.txt").write_text("\n".join(self.pipeline.troubles))
        (to / "plan.txt").write_text("\n".join(map(str, self.faults)))
        for name in ("first", "second"):
            if (self.pipeline.folder / name / "input").is_dir():
                shutil.copytree(self.pipeline.folder / name / "input", to / f"{name}-input",
                                dirs_exist_ok=True)
        self.tell(f"logs and input are kept in {to}")

    def memory(self):
        return ", ".join(f"{daemon.name} {daemon.peak_kib // 1024} MB"
                         for daemon in self.pipeline.daemons.values())


def _stop(number, _):
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    options = parsed(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    run = Run(options)
    print(f"seed {run.seed}", flush=True)
    if options.plan:
        print("\n".join(map(str, run.faults)))
        return 0
    folder = tempfile.mkdtemp(prefix="latecomer-faults-")
    try:
        troubles = run.run(folder)
    except (server.BedError, AssertionError) as error:
        troubles = [*run.pipeline.troubles, str(error)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for trouble in troubles:
        print(f"TROUBLE: {trouble[:4000]}")
    print(f"seed {run.seed}: {len(run.faults)} faults, {len(troubles)} troubles")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
