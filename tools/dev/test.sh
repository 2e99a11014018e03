# shellcheck shell=bash
# ./dev test [--quick] [CTEST ARGS…]: builds and runs the tests; docs/testing.md says which run how.
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

# gcc 12's ThreadSanitizer cannot place its memory where the kernel spreads addresses wider.
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)" -gt 28 ] && [ -z "${LATECOMER_ASLR_OFF:-}" ]; then
  LATECOMER_ASLR_OFF=1 exec setarch "$(uname -m)" -R bash "$0" "$@"
fi

presets=(asan tsan release)
only=()
if [ "${1:-}" = --quick ]; then
  presets=(asan)
  only=(-LE beds)
  shift
fi

if [ ${#presets[@]} -eq 1 ]; then
  install_packages build lint
else
  install_packages build lint test
  use_node
  use_beds kafka toxiproxy
fi

export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

for preset in "${presets[@]}"; do
  configure "$preset"
  build "$preset" latecomer_tests
done

# One run over all of these builds, so that one line at the end counts every test.
mkdir -p build/test
for preset in "${presets[@]}"; do
  printf 'subdirs("%s")\n' "$ROOT/build/$preset"
done >build/test/CTestTestfile.cmake
say "Running the tests"
exec ctest --test-dir build/test --output-on-failure --no-tests=error -j "$(nproc)" "${only[@]}" "$@" </dev/null
