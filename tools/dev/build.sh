# shellcheck shell=bash
# ./dev build: the executable, as it is shipped.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

[ $# -eq 0 ] || die "build takes no arguments."
install_packages build
use_node
configure release
build release latecomer
say "Built build/release/latecomer"
