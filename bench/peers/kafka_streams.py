"""The Kafka Streams program: built once from kafka-streams/ into the cache, and how it is started."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools" / "beds"))
import cache  # noqa: E402  (found by the line above)

_SOURCE = HERE / "kafka-streams"
_BUILD_S_MAX = 900
# One core: the collector with the least overhead there. The heap has room for what 2 million posts
# leave in it, and no more.
_JAVA = ["java", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
_HEAP = {"memory": ["-Xms4g", "-Xmx4g", "-Xmn768m"], "rocksdb": ["-Xms1536m", "-Xmx1536m", "-Xmn512m"]}


class BuildError(RuntimeError):
    pass


def _files():
    return sorted(path for path in _SOURCE.rglob("*") if path.is_file() and "target" not in path.parts)


def built():
    """The folder with the program's and its libraries' jars."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(str(path.relative_to(_SOURCE)).encode() + b"\0" + path.read_bytes())
    folder = cache.ROOT / f"kafka-streams-peer-{digest.hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    cache.ROOT.mkdir(parents=True, exist_ok=True)
    print(f"Building the Kafka Streams program into {folder}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=cache.ROOT) as temporary:
        source = pathlib.Path(temporary) / "source"
        shutil.copytree(_SOURCE, source, ignore=shutil.ignore_patterns("target"))
        try:
            done = subprocess.run(
                ["mvn", "-q", "-B", "package", "dependency:copy-dependencies",
                 f"-DoutputDirectory={source}/jars", "-DincludeScope=runtime"],
                cwd=source, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=_BUILD_S_MAX, check=False)
        except FileNotFoundError:
            raise BuildError("install Debian's packages maven and openjdk-17-jdk-headless") from None
        if done.returncode != 0:
            raise BuildError("Maven could not build the Kafka Streams program:\n" + done.stdout)
        for jar in (source / "target").glob("*.jar"):
            shutil.copy(jar, source / "jars")
        (source / "jars").chmod(0o755)
        (source / "jars").rename(folder)
    return folder


def command(brokers, posts, timelines, application, state, stores, commit_ms, options=()):
    """stores: memory or rocksdb."""
    return [*_JAVA, *_HEAP[stores], *options, "-cp", f"{built()}/*", "peer.Main", brokers, posts, timelines,
            application, str(state), stores, str(commit_ms)]
