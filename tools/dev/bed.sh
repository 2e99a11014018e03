# shellcheck shell=bash
# ./dev kafka|postgres up|down|status: a server that stays up (tools/beds/service.py).
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

if [ "${2:-}" = up ]; then
  case ${1:-} in
    kafka) use_beds kafka ;;
    *) install_packages beds ;;
  esac
fi
exec python3 -B tools/beds/service.py "$@" </dev/null
