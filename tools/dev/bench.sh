# shellcheck shell=bash
# ./dev bench [NAME…]: runs the benchmarks (bench/README.md), all of them, those named, or the group `kafka`.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

case "${1:-}" in
  kafka | bench_kafka_*) install_packages build bench beds kafka-bench ;;
  *) install_packages build bench ;;
esac
use_node
configure release
build release latecomer latecomer_bench
say "Running the benchmarks"
exec python3 bench/run --programs build/release/bench "$@" </dev/null
