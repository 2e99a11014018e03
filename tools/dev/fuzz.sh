# shellcheck shell=bash
# ./dev fuzz [SECONDS]: runs each fuzz target for SECONDS (default 60), as many at once as there are
# cores. What a target learns stays in build/fuzz/corpus; what it crashes on in build/fuzz/crashes.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz wants a number of seconds, not '$seconds'."

install_packages build fuzz
configure fuzz
build fuzz latecomer_fuzzers

run_one() {
  local name=$1 seconds=$2 corpus=build/fuzz/corpus/$1 log=build/fuzz/log/$1.txt
  mkdir -p "$corpus" build/fuzz/crashes build/fuzz/log
  local inputs=("$corpus")
  [ ! -d "tests/fuzz/seeds/$name" ] || inputs+=("tests/fuzz/seeds/$name")
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
    -artifact_prefix="build/fuzz/crashes/$name-")
  [ ! -f "tests/fuzz/seeds/$name.dict" ] || options+=(-dict="tests/fuzz/seeds/$name.dict")
  if "build/fuzz/tests/fuzz/$name" "${options[@]}" "${inputs[@]}" >"$log" 2>&1 </dev/null; then
    printf '%s: %s inputs tried, no crash\n' "$name" "$(awk '/stat::number_of_executed_units/ {print $2}' "$log")"
  else
    printf '%s: FAILED\n' "$name"
    tail -n 60 "$log"
    return 1
  fi
}
export -f run_one

names=()
for source in tests/fuzz/fuzz_*.cpp; do
  [ ! -f "$source" ] || names+=("$(basename "$source" .cpp)")
done
[ ${#names[@]} -gt 0 ] || die "there is no fuzz target in tests/fuzz."
say "Running ${#names[@]} fuzz targets for $seconds s each"
printf '%s\n' "${names[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run_one {} '"$seconds" ||
  die "a fuzz target failed. Replay it with build/fuzz/tests/fuzz/NAME build/fuzz/crashes/FILE."
say "Fuzz: clean"
