"""After a run: what went in against what `posts` holds, and every timeline against its oracle.

The oracle is `latecomer preview` over what `posts` really holds: built in memory, in one go, by one
process. An embedded `run --until-idle` over the same input must give the same bytes too.
"""

import collections
import json

import load
import pipeline as pipelines
import timelines


class Committed:
    """What a read_committed reader finds in the topic `posts`."""

    def __init__(self, pipeline):
        records = pipeline.kafka.read(pipelines.PREFIX + "posts")
        self.lines = collections.defaultdict(list)  # of each hashtag
        self.marks = collections.Counter()  # of (hashtag, mark)
        self.forgets = collections.defaultdict(set)  # line -> partitions
        for partition, _, key, value in records:
            line = value.decode() + "\n"
            if json.loads(line)["type"] == "Forget":
                self.forgets[load.mark(line)].add(partition)
                self.lines[None].append(line)
            else:
                self.lines[key.decode()].append(line)
                self.marks[key.decode(), load.mark(line)] += 1
        self.count = len(records)

    def files(self, tags, folder):
        """A file of canonical lines for each hashtag; what is forgotten is so under all of them."""
        folder.mkdir(exist_ok=True)
        paths = {}
        for tag in tags:
            paths[tag] = folder / f"{tag}.jsonl"
            paths[tag].write_text("".join(self.lines[tag] + sorted(set(self.lines[None]))),
                                  encoding="utf-8")
        return paths


def check_input(committed, chunks, troubles):
    """Everything that was put in is in the topic, and as often as it was put in."""
    wanted = collections.Counter()
    for chunk in chunks:
        for line in chunk.lines:
            mark = load.mark(line)
            if mark[0] == "Forget":
                partitions = committed.forgets.get(mark, set())
                if partitions != set(range(pipelines.PARTITIONS)):
                    troubles.append(f"{mark} stands in partitions {sorted(partitions)} only")
            else:
                wanted[chunk.tag, mark] += 1
    own = {key: count for key, count in committed.marks.items()
           if key[1][0] != "Coverage" or key in wanted}
    lost = {key: count - own.get(key, 0) for key, count in wanted.items()
            if own.get(key, 0) < count}
    more = {key: count - wanted.get(key, 0) for key, count in own.items()
            if count > wanted.get(key, 0)}
    if lost:
        troubles.append(f"{sum(lost.values())} posts never reached the topic, the first "
                        f"{list(lost)[:3]}")
    if more:
        troubles.append(f"{sum(more.values())} posts stand in the topic too often, the first "
                        f"{list(more)[:3]}")


class Oracle:
    """The right timeline of each hashtag, twice: by preview and by an embedded run."""

    def __init__(self, pipeline, committed, name):
        self._pipeline = pipeline
        folder = pipeline.folder / name
        folder.mkdir()
        self.files = committed.files(pipeline.tags, folder / "input")
        settings = folder / "embedded.toml"
        settings.write_text(f'data = "data"\n[replay]\nlisten = "{folder}/http.sock"\n{pipeline.hashtags()}',
                            encoding="utf-8")
        self._settings = settings
        self.timelines = {tag: self._preview(tag) for tag in pipeline.tags}

    def _call(self, *arguments):
        code, out, err = self._pipeline.call(*arguments, seconds=300)
        if code != 0:
            words = " ".join(map(str, arguments))
            raise AssertionError(f"latecomer {words}: {code}\n{err[-2000:]}")
        return out

    def _preview(self, tag):
        out = self._call("preview", "--json", "-c", self._settings, "--hashtag", tag,
                         self.files[tag])
        if '"kind":"entry"' not in out:
            raise AssertionError(f"#{tag}: nothing to compare with")
        return out

    def check_embedded(self, troubles):
        """Byte for byte."""
        for tag, file in self.files.items():
            self._call("import", "-c", self._settings, "--hashtag", tag, file)
        self._call("run", "-c", self._settings, "--until-idle")
        for tag, expected in self.timelines.items():
            actual = self._call("export", "-c", self._settings, "--hashtag", tag, "--format",
                                "timeline")
            if actual != expected:
                difference = timelines.compare(actual, expected)
                troubles.append(f"#{tag}: the embedded run differs: {describe(difference)}")


Result = collections.namedtuple("Result", "missing extra misplaced tags")


def compare_all(pipeline, oracle, examples):
    """The distributed store against the oracle; `examples` takes a text for each hashtag."""
    missing = extra = misplaced = tags = 0
    for tag, expected in oracle.timelines.items():
        actual = pipeline.export(tag)
        if actual is None:
            examples.append(f"#{tag}: export failed: {pipeline.last_error[-500:]}")
            actual = ""
        difference = timelines.compare(actual, expected)
        missing += difference.missing
        extra += difference.extra
        misplaced += difference.misplaced
        if difference[:3] != (0, 0, 0):
            tags += 1
            examples.append(f"#{tag}: {describe(difference)}")
    return Result(missing, extra, misplaced, tags)


def describe(difference):
    examples = "\n  ".join(text[:600] for text in difference.examples)
    return (f"missing {difference.missing}, extra {difference.extra}, "
            f"out of place {difference.misplaced}\n  {examples}")
