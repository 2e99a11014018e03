# shellcheck shell=bash
# ./dev lint [--no-tidy | --all | --since REV]: what a reviewer should not have to say.
# clang-tidy reads the C++ files that changed since REV (default: since origin/main), or all.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

tidy=changed
since=origin/main
case ${1:-} in
  '') ;;
  --no-tidy) tidy=none ;;
  --all) tidy=all ;;
  --since) since=${2:?--since wants a revision} ;;
  *) die "lint takes --no-tidy, --all or --since REV." ;;
esac

install_packages build lint
failed=0
check() {
  local what=$1
  shift
  say "$what"
  "$@" || { failed=1; printf 'dev: %s: failed\n' "$what" >&2; }
}

# Tracked files of these patterns that still exist.
files() { git ls-files -- "$@" | while read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done; }

format() {
  files '*.cpp' '*.h' | xargs -r -P "$(nproc)" -n 40 clang-format --dry-run -Werror ||
    { echo "clang-format -i FILE mends it." >&2; return 1; }
}
shell_scripts() { files dev .ci/run '*.sh' | xargs -r shellcheck -x; }

changed_sources() {
  if [ "$tidy" = all ]; then
    files '*.cpp'
  elif git rev-parse -q --verify "$since^{commit}" >/dev/null; then
    git diff --name-only --diff-filter=d "$since" -- '*.cpp'
  else
    git diff --name-only --diff-filter=d HEAD -- '*.cpp'
  fi | grep -v '^tests/fuzz/' || true
}
clang_tidy() {
  configure asan
  local sources=()
  mapfile -t sources < <(changed_sources)
  [ ${#sources[@]} -gt 0 ] || { echo "no C++ file changed"; return 0; }
  printf '%s\n' "${sources[@]}" | xargs -P "$(job_count)" -n 1 clang-tidy --quiet -p build/asan \
    --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated\|warning generated' >&2)
}

# Where the tools are: they belong to who runs Latecomer, not to who builds it.
alerts() {
  command -v promtool >/dev/null || { echo "no promtool (package prometheus): left out"; return 0; }
  promtool check rules packaging/prometheus/alerts.yml
}
units() {
  command -v systemd-analyze >/dev/null || { echo "no systemd-analyze: left out"; return 0; }
  local unit
  for unit in packaging/systemd/*.service; do
    systemd-analyze security --offline=yes --threshold=20 "./$unit" >/dev/null ||
      { echo "$unit is exposed more than 2.0: systemd-analyze security --offline=yes ./$unit" >&2; return 1; }
  done
}

check "Format (clang-format)" format
check "Shell scripts (shellcheck)" shell_scripts
check "Alerts (promtool)" alerts
check "Units (systemd-analyze)" units
check "House rules" python3 tests/house/house.py
[ "$tidy" = none ] || check "clang-tidy" clang_tidy
[ $failed -eq 0 ] || die "lint found what stands above."
say "Lint: clean"
