# shellcheck shell=bash
# ./dev demo [--kafka] [FILE… --hashtag TAG]: plays the sample event, or your own archives, on this
# machine until Ctrl-C. Every start begins with an empty data folder. --kafka: the daemons as
# processes of their own, beside a real broker and database (tools/beds/demo.py).
set -euo pipefail
# shellcheck source=tools/dev/common.sh
. "$ROOT/tools/dev/common.sh"

readonly PORT_FIRST=8470 PORT_LAST=8499 READY_WAIT_S=30

files=()
hashtag=
distributed=
while [ $# -gt 0 ]; do
  case $1 in
    --hashtag)
      [ $# -ge 2 ] || die "--hashtag wants the tag that your archives are about."
      hashtag=${2#\#}
      shift 2
      ;;
    --hashtag=*) hashtag=${1#*=}; hashtag=${hashtag#\#}; shift ;;
    --kafka) distributed=1; shift ;;
    -*) die "demo knows no option $1; it takes [--kafka] [FILE… --hashtag TAG]." ;;
    *)
      [ -r "$1" ] || die "cannot read $1"
      files+=("$(realpath "$1")")
      shift
      ;;
  esac
done
if [ ${#files[@]} -gt 0 ] && [ -z "$hashtag" ]; then die "say which hashtag these files are about: --hashtag TAG"; fi
if [ ${#files[@]} -eq 0 ] && [ -n "$hashtag" ]; then die "--hashtag is for files of yours: ./dev demo FILE… --hashtag TAG"; fi

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local port
  for ((port = PORT_FIRST; port <= PORT_LAST; port++)); do
    if ! port_is_taken "$port"; then
      echo "$port"
      return
    fi
  done
  die "no port from $PORT_FIRST to $PORT_LAST is free on 127.0.0.1."
}

install_packages build demo
[ -z "$distributed" ] || use_beds kafka
use_node
configure release
build release latecomer

latecomer=$ROOT/build/release/latecomer
folder=$DEV_DIR/demo
rm -rf "$folder"
mkdir -p "$folder/data"
settings=$folder/latecomer.toml
port=$(free_port)

# A copy of the settings, with what they name beside them and the port that is free.
if [ ${#files[@]} -eq 0 ]; then
  shopt -s nullglob
  files=("$ROOT"/samples/*-mastodon.jsonl "$ROOT"/samples/*-x.jsonl "$ROOT"/samples/*-blog.xml)
  shopt -u nullglob
  [ ${#files[@]} -gt 0 ] || die "there are no sample archives in samples/."
  cp "$ROOT"/samples/*.toml "$folder/"
  for extra in "$ROOT"/samples/*.ics; do [ ! -f "$extra" ] || cp "$extra" "$folder/"; done
  hashtag=$(awk -F'"' '/^\[\[hashtag\]\]/ {inside = 1} inside && /^name *=/ {print $2; exit}' "$settings")
  [ -n "$hashtag" ] || die "samples/latecomer.toml names no hashtag."
  if grep -q '^\[replay\]' "$settings"; then
    sed -i -e '/^listen *=/d' -e "/^\[replay\]/a listen = \"127.0.0.1:$port\"" "$settings"
  else
    printf '\n[replay]\nlisten = "127.0.0.1:%s"\n' "$port" >>"$settings"
  fi
else
  printf '[replay]\nlisten = "127.0.0.1:%s"\n\n[[hashtag]]\nname = "%s"\n' "$port" "$hashtag" >"$settings"
fi

if [ -n "$distributed" ]; then
  mkdir "$folder/inbox"
  cp "${files[@]}" "$folder/inbox/"
  exec python3 -B tools/beds/demo.py "$latecomer" "$settings" "$folder" "$hashtag" "127.0.0.1:$port" </dev/null
fi

say "Reading what was said under #$hashtag"
"$latecomer" import -c "$settings" --data "$folder/data" --hashtag "$hashtag" "${files[@]}" </dev/null

pid=
stop() {
  trap - EXIT INT TERM
  if [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null; then wait "$pid" || true; fi
  exit "${1:-0}"
}
trap 'stop $?' EXIT
trap 'echo; say "Stopped. Until later."; stop 0' INT TERM

"$latecomer" run -c "$settings" --data "$folder/data" </dev/null 2>"$folder/log.txt" &
pid=$!
address=http://127.0.0.1:$port
deadline=$((SECONDS + READY_WAIT_S))
until curl -sf -o /dev/null "$address/readyz"; do
  if ! kill -0 "$pid" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
    tail -n 20 "$folder/log.txt" >&2
    die "latecomer did not come up; the end of its log stands above, all of it is in $folder/log.txt"
  fi
  sleep 0.1
done

say "#$hashtag is on again: $address/"
echo "    Open it in a browser and press play. You are late, and that is fine: the door is still open."
echo "    Ctrl-C ends it. Its log is .dev/demo/log.txt."
wait "$pid" || { code=$?; pid=; tail -n 20 "$folder/log.txt" >&2; die "latecomer ended by itself ($code)."; }
