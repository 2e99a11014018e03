#!/bin/sh
# Builds the newest librdkafka that npm has (its sources lie in a client's package) into DIR, so that
# the Kafka suites can be run against it:
#   tests/stream/newer_librdkafka.sh DIR
#   cmake … -DLATECOMER_RDKAFKA_ROOT=DIR && ninja kafka_stream_test
set -eu
[ $# -eq 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
to=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent @confluentinc/kafka-javascript >/dev/null
tar -xzf ./*.tgz package/deps/librdkafka
cd package/deps/librdkafka
./configure --prefix="$to" --disable-gssapi >"$work/build.log"
{ make -j2 -C src lib && make -C src install; } >>"$work/build.log" 2>&1 || {
  tail -30 "$work/build.log" >&2
  exit 1
}
sed -n 's/^#define RD_KAFKA_VERSION 0x\(..\)\(..\)\(..\).*/librdkafka \1.\2.\3 (hexadecimal)/p' \
  "$to/include/librdkafka/rdkafka.h"
