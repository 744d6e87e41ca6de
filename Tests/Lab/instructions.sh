#!/bin/bash
# Counts the instructions of the collector's inner loops (Tests/InnerLoops) with Debian's valgrind: for a ping with its answers, a frame of a small host, each value more, and finding the
# cells of a row that is read back. It fails when one is more than 5 % above its number in instructions.txt. It needs what `make build` makes, takes some ten seconds, and hangs on no
# machine's speed: the same program needs the same number everywhere.
# usage: Tests/Lab/instructions.sh [directory of the programs, by default .build/release]
set -euo pipefail
cd "$(dirname "$0")/../.."
built=$(realpath "${1:-.build/release}")/InnerLoops

for tool in valgrind strip; do
  command -v "$tool" >/dev/null || { echo "$0: $tool is not there: install valgrind and binutils" >&2; exit 69; }
done
[ -x "$built" ] || { echo "$0: $built is not there: run \`make build\`" >&2; exit 69; }
if [ "$(uname -m)" != x86_64 ]; then
  echo "$0: the numbers are for x86-64, and this is $(uname -m): nothing was compared"
  exit 0
fi

# valgrind gives up on Swift's debug information.
loops=$(mktemp)
trap 'rm -f "$loops"' EXIT
strip -o "$loops" "$built"

# collected LOOP COUNT: all instructions of the program.
collected() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$loops" "$1" "$2" 2>&1 | awk '/Collected/ { print $NF }'; }
# each LOOP: of one turn, without the program's start.
each() { echo $((($(collected "$1" 300) - $(collected "$1" 100)) / 200)); }
values() { "$loops" "$1" 1 | awk '{ print $1 }'; }

frame=$(each frame)
large=$(each large-frame)
measured="ping $(each ping)
frame $frame
value $(((large - frame) / ($(values large-frame) - $(values frame))))
row $(each row)"

awk '
  FNR == NR { if (NF == 2 && $1 !~ /^#/) limit[$1] = $2; next }
  { seen[$1] = 1; known = $1 in limit
    printf "%-8s %7d instructions, %s\n", $1, $2, known ? "expected " limit[$1] : "without a number in instructions.txt"
    if (!known || $2 > 1.05 * limit[$1]) failed = 1 }
  END { for (name in limit) if (!(name in seen)) { print name " was not counted"; failed = 1 }
    if (failed) { print "more instructions than before: mend it, or write down in instructions.txt what they are worth"; exit 1 } }
' Tests/Lab/instructions.txt - <<<"$measured"
