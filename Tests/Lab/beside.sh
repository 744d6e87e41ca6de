#!/bin/bash
# Runs the tests of the built programs in five processes beside each other, since most of them wait for ticks most of the time. Within a process one test runs
# after another, and each process has collectors, agents and an engine of its own. Each one's output is printed when it ends.
# With SONDE_LAB_SOCKET there is one engine for all, so the processes run one after another.
set -euo pipefail
cd "$(dirname "$0")/../.."

bundle=$(echo .build/debug/*PackageTests.xctest)
# Each takes about as long as the others. A suite that isn't named here is in the last.
suites=IntegrationTests.IntegrationTests
faults=IntegrationTests.FaultTests
some="$faults/(DiskQueues|SystemEngine|SystemNetwork)/"
first="$suites/(Deploy|Page|RemoteWriteSuite)/"
second="$suites/(Measurement|Recording|Security)/"
third="$suites/(Analysis|GovernorSuite|LastReading|Matrix|RecordCommand|RecordedLoads)/"
fourth="$suites/(Attacks|CommandOfRecording|Crashes|Exports|Failover|Group|GroupInterrupt|LiveRoom|PodmanSuite|Units)/"
parts=(
  "--filter $first"
  "--filter $second --filter $faults --skip $some"
  "--filter $third --filter $some"
  "--filter $fourth"
  "--filter IntegrationTests\\. --skip $faults --skip $first --skip $second --skip $third --skip $fourth"
)

logs=$(mktemp -d)
processes=()
# Of processes that are ended here the engines are left, and what they said so far tells where they were.
clean_up() {
  unset SONDE_LAB_SOCKET
  for i in "${!processes[@]}"; do
    pid=${processes[$i]}
    [ -n "$pid" ] || continue
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
    SONDE_LAB=/tmp/sonde-lab-$pid Tests/Lab/engine.sh down || true
    tail -n 200 "$logs/$i" || true
  done
  rm -r "$logs"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failed=0
# finish I: waits for a process, and prints what it said.
finish() {
  wait "${processes[$1]}" || failed=1
  processes[$1]=
  cat "$logs/$1"
  echo "== process $(($1 + 1)) of ${#parts[@]}: done after $SECONDS s"
}

for i in "${!parts[@]}"; do
  # Words, not one.
  # shellcheck disable=SC2086
  "$bundle" --testing-library swift-testing --no-parallel ${parts[$i]} >"$logs/$i" 2>&1 &
  processes+=($!)
  [ -z "${SONDE_LAB_SOCKET:-}" ] || finish "$i"
done
if [ -z "${SONDE_LAB_SOCKET:-}" ]; then
  for i in "${!parts[@]}"; do finish "$i"; done
fi
exit "$failed"
