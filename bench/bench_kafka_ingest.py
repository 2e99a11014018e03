#!/usr/bin/env python3
"""Writing posts to Kafka as `import` does, beside librdkafka producing the same records in transactions
of the same sizes. One broker on one core, the writer on the other; what arrived is counted before
anything is printed.
"""

import argparse
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
import measure  # noqa: E402  (found by the line above)

_OURS, _BARE = "import's writer to Kafka", "bare transactional producer"


def run(brokers, which, posts):
    prefix = f"{which}."
    figures = measure.tool("kafka_ingest", brokers, prefix, which, posts, core=measure.cores()[1])
    arrived = measure.tool("kafka_check", brokers, prefix + "posts", measure.PARTITIONS, "count")
    return figures, arrived


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int,
                        default=int(os.environ.get("LATECOMER_BENCH_POSTS", 1_000_000)))
    posts = parser.parse_args().posts
    with tempfile.TemporaryDirectory(prefix="latecomer-bench-") as folder:
        with measure.broker(pathlib.Path(folder) / "kafka") as kafka:
            ours, ours_arrived = run(kafka.bootstrap, "ours", posts)
            bare, bare_arrived = run(kafka.bootstrap, "bare", posts)
    if ours_arrived != bare_arrived or ours_arrived["records"] != posts:
        raise measure.MeasureError(f"what arrived differs: {ours_arrived} and {bare_arrived}")
    measure.print_case(_OURS, ours["rate"], "posts/s", "more", _BARE)
    measure.print_case(_OURS + ": CPU", ours["cpu"], "s a million", "less", _BARE + ": CPU")
    measure.print_case(_BARE, bare["rate"], "posts/s", "more")
    measure.print_case(_BARE + ": CPU", bare["cpu"], "s a million", "less")


if __name__ == "__main__":
    try:
        main()
    except (measure.MeasureError, OSError) as error:
        sys.exit(f"bench_kafka_ingest.py: {error}")
