#!/bin/bash
# A real containerd with its CRI plugin, as on a Kubernetes node, apart from any other on the machine: `cri.sh up` prints its directory, `cri.sh down` removes every
# trace. Below that directory are the runtime's state (run), what a kubelet would keep below /var/log (log), the socket (c.sock) and the programs' images.
# cri.py starts pods in it, as a kubelet does. Needs root, and Debian's containerd, runc, busybox-static and python3-grpcio.
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/sbin:/sbin
dir=${SONDE_CRI:-/tmp/sonde-cri}

client() { ctr --address "$dir/c.sock" --namespace k8s.io "$@"; }

# settled COMMAND...: waits until a command succeeds, at most a minute.
settled() {
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# The cgroups above all pods', deepest first: a kubelet of this machine may have some.
kubepods() { find /sys/fs/cgroup -maxdepth 3 -depth -type d \( -path '*/kubepods/burstable' -o -name kubepods \) 2>/dev/null || true; }

stopped() { ! kill -0 "$1" 2>/dev/null; }

up() {
  [ "$(id -u)" = 0 ] || fail "a containerd of its own needs root" 77
  need containerd containerd
  need ctr containerd
  need runc runc
  need busybox busybox-static
  /usr/bin/python3 -c 'import grpc' 2>/dev/null || fail "python3-grpcio is missing: apt-get install -y --no-install-recommends python3-grpcio" 69
  [ ! -e "$dir/pid" ] || down
  mkdir -p "$dir"
  kubepods >"$dir/kubepods"
  # A pod may be shown what is mounted on its node later (mountPropagation) only where the node shares its mounts, as systemd has it.
  mount --bind "$dir" "$dir"
  mount --make-rshared "$dir"
  # The snapshotter copies files, so that it needs no overlay; a score below its own is refused to a root without CAP_SYS_RESOURCE.
  cat >"$dir/config.toml" <<TOML
version = 2
root = "$dir/root"
state = "$dir/run/containerd"
[grpc]
address = "$dir/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "sonde.test/pause:1"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
TOML
  # A session of its own: it outlives the shell that started it.
  setsid containerd --config "$dir/config.toml" --log-level warn >"$dir/containerd.log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  if ! settled client version || ! image sonde.test/pause:1 "$(command -v busybox)=/bin/busybox" -- /bin/busybox sleep 1000000 ||
    ! image sonde.test/busybox:1 "$(command -v busybox)=/bin/busybox" -- /bin/sh; then
    tail -n 20 "$dir/containerd.log" >&2
    down
    fail "containerd did not answer within a minute"
  fi
  echo "$dir"
}

# image NAME FILE=PATH... -- COMMAND...: makes an image of files, and waits until the CRI knows it.
image() {
  /usr/bin/python3 "$(dirname "$0")/cri.py" "$dir" image "$@" | client image import --snapshotter native - >/dev/null &&
    settled /usr/bin/python3 "$(dirname "$0")/cri.py" "$dir" has "$1"
}

# none_runs: kills what runs, and is true when nothing does. The CRI takes an ended task away by itself.
none_runs() {
  local id
  for id in $(client task ls --quiet); do client task kill --signal KILL "$id" >/dev/null 2>&1 || true; done
  ! client task ls | grep -q RUNNING
}

down() {
  local id
  if client version >/dev/null 2>&1; then settled none_runs || true; fi
  if [ -f "$dir/pid" ]; then
    kill "$(cat "$dir/pid")" 2>/dev/null || true
    settled stopped "$(cat "$dir/pid")" || kill -KILL "$(cat "$dir/pid")" 2>/dev/null || true
  fi
  # The shims outlive their containerd.
  pgrep -f "^[^ ]*containerd-shim.* -address $dir/c.sock" | xargs -r kill -KILL 2>/dev/null || true
  awk -v dir="$dir/" 'index($2 "/", dir) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n 1 umount -l
  for id in $(ls "$dir/log/pods" 2>/dev/null); do
    # What is left of the pods' cgroups.
    find /sys/fs/cgroup -depth -type d -path "*/pod${id##*_}*" -exec rmdir {} + 2>/dev/null || true
  done
  # Those above them that were made since `up`, unless another has pods there.
  if [ -f "$dir/kubepods" ]; then kubepods | grep -vxFf "$dir/kubepods" | xargs -r rmdir 2>/dev/null || true; fi
  rm -rf "$dir"
}

case ${1:-} in
up) up ;;
down) down ;;
image) shift; image "$@" ;;
*) fail "usage: cri.sh up | down | image NAME FILE=PATH... -- COMMAND..." 64 ;;
esac
