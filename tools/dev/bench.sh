# shellcheck shell=bash
# ./dev bench [NAME…]: runs the benchmarks (bench/README.md), all of them or those named.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

install_packages build bench
use_node
configure release
build release latecomer_bench
say "Running the benchmarks"
exec python3 bench/run --programs build/release/bench "$@" </dev/null
