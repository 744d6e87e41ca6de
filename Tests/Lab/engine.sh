#!/bin/bash
# A real Docker engine for tests, apart from any other on the machine: `engine.sh up`, `engine.sh down`, `engine.sh status`,
# `engine.sh restart TERM` and `engine.sh restart KILL`.
# It keeps everything below $SONDE_LAB (default /tmp/sonde-lab) and answers at $SONDE_LAB/docker.sock. It has a containerd
# and a bridge of its own, so that it can run beside the machine's engine. With SONDE_LAB_SOCKET set, the engine
# that answers there is used instead: nothing is started, and `down` removes only the lab's containers and image.
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/sbin:/sbin

# An interface's name has at most 15 characters.
bridge=sonde$((key % 1000000))

running() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# answers: waits at most $1 seconds for the engine.
answers() {
  for _ in $(seq 1 "$(($1 * 10))"); do
    engine info >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# stop PIDFILE: ends the process named there, first with SIGTERM.
stop() {
  running "$1" || { rm -f "$1"; return 0; }
  local pid
  pid=$(cat "$1")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 1 150); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$1"
}

# start: starts the engine alone, and waits until it answers.
start() {
  # A session of its own: the engine outlives the shell that started it, and a Ctrl-C there does not reach it.
  setsid dockerd --host "unix://$socket" --data-root "$lab/data" --exec-root "$lab/run" --pidfile "$lab/docker.pid" \
    --containerd "$lab/containerd.sock" --storage-driver vfs --bridge "$bridge" --iptables=false --ip-masq=false \
    --log-level warn >>"$lab/dockerd.log" 2>&1 </dev/null &
  answers 180
}

# restart SIGNAL: ends the engine with that signal and starts it again. What runs in it comes back only with a restart policy.
restart() {
  [ -z "${SONDE_LAB_SOCKET:-}" ] && running "$lab/docker.pid" || fail "no engine of this lab runs in $lab" 69
  local pid
  pid=$(cat "$lab/docker.pid")
  kill -s "$1" "$pid"
  for _ in $(seq 1 300); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  rm -f "$lab/docker.pid"
  start || fail "the engine did not come back within 180 s"
}

up() {
  need docker docker.io
  if [ -n "${SONDE_LAB_SOCKET:-}" ]; then
    answers 5 || fail "no engine answers at $socket" 69
    echo "$socket"
    return
  fi
  [ "$(id -u)" = 0 ] || fail "an engine of its own needs root; or name a running one with SONDE_LAB_SOCKET" 77
  need dockerd docker.io
  need containerd containerd
  need iptables iptables
  need ip iproute2
  need pgrep procps
  if running "$lab/docker.pid" && answers 2; then echo "$socket"; return; fi
  down
  mkdir -p "$lab"
  ip link add "$bridge" type bridge
  ip addr add "$(free_subnet 10.213).1/24" dev "$bridge"
  ip link set "$bridge" up
  # A session of its own, as the engine has.
  setsid containerd --root "$lab/containerd" --state "$lab/containerd-run" --address "$lab/containerd.sock" \
    --log-level warn >"$lab/containerd.log" 2>&1 </dev/null &
  echo $! >"$lab/containerd.pid"
  for _ in $(seq 1 600); do
    [ -S "$lab/containerd.sock" ] && break
    sleep 0.1
  done
  if ! start; then
    tail -n 20 "$lab/containerd.log" "$lab/dockerd.log" >&2
    down
    fail "the engine did not answer within 180 s"
  fi
  echo "$socket"
}

down() {
  if engine info >/dev/null 2>&1; then
    engine ps -aq --filter "label=$label" | xargs -r docker -H "unix://$socket" rm -f >/dev/null
    if [ -n "${SONDE_LAB_SOCKET:-}" ]; then
      engine image rm "$image" >/dev/null 2>&1 || true
      return
    fi
    engine ps -aq | xargs -r docker -H "unix://$socket" rm -f >/dev/null
  fi
  [ -z "${SONDE_LAB_SOCKET:-}" ] || return 0
  stop "$lab/docker.pid"
  stop "$lab/containerd.pid"
  # Kills the processes that a killed engine has left: each container's shim, and its first process, with which the others end.
  pgrep -af "^[^ ]*containerd-shim.* -address $lab/containerd.sock" | while read -r pid command; do
    pgrep -P "$pid" | xargs -r kill -KILL 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
    id=$(sed -n 's/.* -id \([0-9a-f]*\) .*/\1/p' <<<"$command")
    for _ in $(seq 1 20); do
      # The kernel releases a cgroup a moment after its last process has ended.
      find /sys/fs/cgroup -depth -type d -name "*$id*" -exec rmdir {} + 2>/dev/null && break
      sleep 0.1
    done
  done || true
  # Unmounts what a killed engine has left, deepest first.
  awk -v lab="$lab/" 'index($2, lab) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n 1 umount -l
  ip link del "$bridge" 2>/dev/null || true
  rm -rf "$lab/data" "$lab/run" "$lab/containerd" "$lab/containerd-run" "$lab/containerd.sock" "$lab/containerd.sock.ttrpc" \
    "$socket" "$lab/dockerd.log" "$lab/containerd.log"
  rmdir "$lab" 2>/dev/null || true
}

case ${1:-} in
up) up ;;
down) down ;;
restart)
  case ${2:-} in
  TERM | KILL) restart "$2" ;;
  *) fail "usage: engine.sh restart TERM | KILL" 64 ;;
  esac ;;
status)
  format='engine {{.ServerVersion}}, cgroup v{{.CgroupVersion}} ({{.CgroupDriver}}), {{.ContainersRunning}} running'
  if engine info --format "$format" 2>/dev/null; then
    echo "$socket"
  else
    echo "no engine answers at $socket"
    exit 1
  fi ;;
*) fail "usage: engine.sh up | down | status | restart TERM | restart KILL" 64 ;;
esac
