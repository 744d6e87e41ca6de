#!/bin/bash
# Counts the instructions of the release collector with valgrind, for a ping, a live frame, a recorded frame and a value, and fails when one is more than 10 % above its number in
# instructions.txt. It takes a minute and a half, and needs half of two cores for itself. It needs Debian's valgrind and binutils, and the programs of `make build`.
# usage: Tests/Lab/instructions.sh [directory of the programs, by default .build/release]
set -euo pipefail
cd "$(dirname "$0")/../.."
products=$(realpath "${1:-.build/release}")

for tool in valgrind vgdb objcopy; do
  command -v "$tool" >/dev/null || { echo "instructions.sh: $tool is not there: install valgrind and binutils" >&2; exit 69; }
done
swift build -c release --package-path Benchmarks --quiet
exec Benchmarks/.build/release/Benchmarks --only instructions --products "$products"
