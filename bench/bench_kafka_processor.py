#!/usr/bin/env python3
"""The processor on a real broker, exactly once, beside a bare consume-and-produce loop and beside the
same job as a Kafka Streams program.

Each contender gets a broker of its own on one core, filled with the same posts, and the other core.
It is killed once nine tenths are done and started again: so its figures are those of the stretch in
between, and its output that of a run with a crash. The outputs of all must derive to the same
timelines, byte for byte, before anything is printed.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
import kafka_streams  # noqa: E402  (found by the line above)
import measure  # noqa: E402

POSTS = measure.PREFIX + "posts"
_RUN_S_MAX = 900
_SETTINGS = """data = "{data}"
instance = "bench"
[stream]
kind = "kafka"
brokers = "{brokers}"
prefix = "{prefix}"
partitions = {partitions}
[processor]
commit_interval = "{commit_ms}ms"
batch_records_max = {batch}
"""
_BATCH_RECORDS = 20_000


class Contender:
    def __init__(self, name, group, output, is_processor=True):
        self.name = name
        self.group = group
        self.output = measure.PREFIX + output
        self.is_processor = is_processor


class Ours(Contender):
    def __init__(self):
        super().__init__("processor", measure.PREFIX + "processor", "timelines")

    def command(self, brokers, folder, commit_ms, _):
        settings = folder / "latecomer.toml"
        settings.write_text(_SETTINGS.format(
            data=folder / "data", brokers=brokers, prefix=measure.PREFIX,
            partitions=measure.PARTITIONS, commit_ms=commit_ms, batch=_BATCH_RECORDS))
        return [measure.latecomer(), "process", "-c", settings]


class Bare(Contender):
    def __init__(self):
        super().__init__("bare loop", "bare", "peer", is_processor=False)

    def command(self, brokers, _, commit_ms, like):
        """`like`: what kafka_check says of our output."""
        return [measure.programs() / "bare_loop", brokers, POSTS, self.output, self.group, commit_ms,
                round(like["bytes"] / like["posts"]), round(like["records"] / like["posts"] * 1000)]


class Streams(Contender):
    def __init__(self, stores):
        super().__init__(f"Kafka Streams, {stores}", "streams", "peer")
        self.stores = stores.split()[-1].lower()

    def command(self, brokers, folder, commit_ms, _):
        return kafka_streams.command(brokers, POSTS, self.output, self.group, folder / "state",
                                     self.stores, commit_ms)


CONTENDERS = {"ours": Ours, "bare": Bare, "memory": lambda: Streams("stores in memory"),
              "rocksdb": lambda: Streams("stores in RocksDB")}


def run(contender, folder, posts, commit_ms, like):
    """Figures of one contender on a fresh broker, and what its output says."""
    with measure.broker(folder / "kafka") as kafka:
        brokers = kafka.bootstrap
        measure.tool("kafka_load", brokers, measure.PREFIX, measure.PARTITIONS, posts)
        watch = measure.Watch(brokers, contender.group, POSTS)
        command = contender.command(brokers, folder, commit_ms, like)
        program = measure.Program(command, folder / "log")
        figures = {}
        try:
            figures = measure_stretch(program, watch, posts)
            if contender.is_processor:
                program.end(signal.SIGKILL)
                time.sleep(1)  # a commit that was under way
                before = watch.latest()[1]
                if before >= posts:
                    raise measure.MeasureError("all was done before it was killed: take more posts")
                started = time.monotonic()
                program = measure.Program(command, folder / "log")
                figures["restore_s"] = watch.until(before + 1, program, _RUN_S_MAX)[0] - started
            watch.until(posts, program, _RUN_S_MAX)
            time.sleep(1 + 2 * commit_ms / 1000)  # Kafka Streams writes sessions by the clock
        finally:
            program.end()
            watch.end()
        how = [] if contender.is_processor else ["count"]
        said = measure.tool("kafka_check", brokers, contender.output, measure.PARTITIONS, *how)
        return figures, dict(said, posts=posts)


def measure_stretch(program, watch, posts):
    """From the first commit past a tenth of the posts to the first one past nine tenths."""
    begin, first = watch.until(posts // 10, program, _RUN_S_MAX)
    cpu = program.cpu_seconds()
    end, last = watch.until(posts * 9 // 10, program, _RUN_S_MAX)
    cpu = program.cpu_seconds() - cpu
    return {"rate": (last - first) / (end - begin), "cpu": cpu / (last - first) * 1e6,
            "peak_mb": program.peak_mb()}


def check(results):
    digests = {name: said["digest"] for name, (_, said) in results.items() if "digest" in said}
    if len(set(digests.values())) > 1:
        raise measure.MeasureError(f"the timelines differ: {digests}")


def report(results, commit_ms):
    """Ours is held against the bare loop, Kafka Streams against ours."""
    for name, (figures, _) in results.items():
        title = f"{name}, commit every {commit_ms} ms"
        other = {"processor": "bare loop", "bare loop": None}.get(name, "processor")
        against = f"{other}, commit every {commit_ms} ms" if other in results else None
        for kind, unit, better, key in (("", "posts/s", "more", "rate"),
                                        (": CPU", "s a million", "less", "cpu"),
                                        (": memory", "MB", "less", "peak_mb"),
                                        (": back after kill -9", "s", "less", "restore_s")):
            if key in figures:
                held = against if against and key in results[other][0] else None
                measure.print_case(title + kind, figures[key], unit, better, held and held + kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int,
                        default=int(os.environ.get("LATECOMER_BENCH_POSTS", 2_000_000)))
    parser.add_argument("--commit-ms", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    options = parser.parse_args()
    like = {"posts": 1000, "records": 1400, "bytes": 1_300_000}  # where ours is left out
    for commit_ms in options.commit_ms:
        results = {}
        for key in options.only:
            contender = CONTENDERS[key]()
            print(f"{contender.name}, {commit_ms} ms, {options.posts} posts", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="latecomer-bench-") as folder:
                os.chmod(folder, 0o755)
                results[contender.name] = run(contender, pathlib.Path(folder), options.posts,
                                              commit_ms, like)
            print(f"  {results[contender.name]}", file=sys.stderr, flush=True)
            if key == "ours":
                like = results[contender.name][1]
        check(results)
        report(results, commit_ms)


if __name__ == "__main__":
    try:
        main()
    except (measure.MeasureError, kafka_streams.BuildError, OSError) as error:
        sys.exit(f"bench_kafka_processor.py: {error}")
