# shellcheck shell=bash
# ./dev soak [--faults N | --minutes M] [--seed S]: the long form of the fault run (tests/faults).
# A run that fails keeps its logs and says where; its seed gives the same faults and posts again.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

readonly FAULTS=200 HASHTAGS=15

install_packages build
use_beds kafka toxiproxy
use_node
configure release
build release latecomer
say "Faults, and what is left after them"
exec python3 -B tests/faults/faults.py --latecomer build/release/latecomer \
  --faults "$FAULTS" --tags "$HASHTAGS" "$@" </dev/null
