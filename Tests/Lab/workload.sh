#!/bin/bash
# A load for the agent to look at: `workload.sh up [N]` starts N (30) containers load1…loadN, each a shell with three lightly
# working children; `workload.sh burn NAME`, `hold NAME` and `brief NAME SECONDS CODE` start one container whose use is known;
# `workload.sh down` removes them all. README.md in this directory says what each shows.
. "$(dirname "$0")/common.sh"
"$(dirname "$0")/image.sh"

run() { engine run -d --label "$label=1" "$@" >/dev/null; }

case ${1:-} in
up)
  # Each child sleeps most of the time: about 0.1 % of a core.
  child='while :; do sleep 1; k=0; while [ $k -lt 200 ]; do k=$((k+1)); done; done'
  for i in $(seq 1 "${2:-30}"); do
    run --name "load$i" --label tier=$((i % 3)) -m 64m "$image" \
      /bin/sh -c "($child) & ($child) & ($child) & while :; do sleep 1; done"
  done
  engine ps -q --filter "label=$label" | wc -l ;;
burn)
  run --name "${2:-burn}" --cpus 0.5 "$image" /bin/sh -c 'while :; do :; done' ;;
hold)
  # dd fills one block of 32 MiB and then waits for a reader that never comes: the block stays resident, anonymous and untouched.
  run --name "${2:-hold}" "$image" /bin/sh -c 'dd if=/dev/zero bs=32M count=1 2>/dev/null | sleep 1000000' ;;
brief)
  run --name "${2:-brief}" "$image" /bin/sh -c "sleep ${3:-1}; exit ${4:-3}" ;;
down)
  engine ps -aq --filter "label=$label" | xargs -r docker -H "unix://$socket" rm -f >/dev/null ;;
*) fail "usage: workload.sh up [N] | burn [NAME] | hold [NAME] | brief [NAME [SECONDS [CODE]]] | down" 64 ;;
esac
