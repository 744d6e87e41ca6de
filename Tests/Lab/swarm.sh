#!/bin/bash
# A Swarm of several engines on one machine. Each node has a network namespace, a host name (n1, n2, …), and its socket at the usual path.
# `swarm.sh up N`, `swarm.sh add` (adds a node, which joins), `swarm.sh down`. Node 1 is the manager.
# All files are below $SONDE_LAB (default /tmp/sonde-lab); node I answers at $SONDE_LAB/nI/run/docker.sock.
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/sbin:/sbin

name=sonde$((key % 10000))
# Of all nodes; chosen when the first one is started.
subnet=$(cat "$lab/subnet" 2>/dev/null || true)

node() { docker -H "unix://$lab/n$1/run/docker.sock" "${@:2}"; }

# start I: the node's network and its engine.
start() {
  local i=$1 net=${name}n$1 dir=$lab/n$1
  mkdir -p "$dir"/{root,run}
  ip netns add "$net"
  ip link add "${name}v$i" type veth peer name eth0 netns "$net"
  ip link set "${name}v$i" master "$name" up
  # `ip netns exec` isn't used, as it would mount another /sys, without the engine's cgroups.
  nsenter --net="/run/netns/$net" sh -c "ip link set lo up && ip addr add $subnet.$i/24 dev eth0 && ip link set eth0 up"
  setsid nsenter --net="/run/netns/$net" unshare --mount --uts sh -c "
    hostname n$i && mount --bind $dir/run /run && exec dockerd --host unix:///run/docker.sock --pidfile $dir/pid \
      --data-root $dir/root --exec-root /run/docker --storage-driver vfs --cgroup-parent /$net --log-level warn
  " >"$dir/log" 2>&1 </dev/null &
  for _ in $(seq 1 1800); do
    node "$i" info >/dev/null 2>&1 && return
    sleep 0.1
  done
  tail -n 20 "$dir/log" >&2
  fail "the engine of node $i did not answer within 180 s"
}

join() {
  node "$1" swarm join --token "$(node 1 swarm join-token --quiet worker)" "$subnet.1:2377" >/dev/null
}

up() {
  need docker docker.io
  need dockerd docker.io
  need iptables iptables
  need ip iproute2
  [ "$(id -u)" = 0 ] || fail "engines need root" 77
  down
  mkdir -p "$lab"
  subnet=$(free_subnet 10.214)
  echo "$subnet" >"$lab/subnet"
  ip link add "$name" type bridge
  # The bridge itself has no use for an address; it has one so that others see that the subnet is taken.
  ip addr add "$subnet.254/24" dev "$name"
  ip link set "$name" up
  # The machine's own engine may have disabled forwarding for other networks.
  iptables -I FORWARD -i "$name" -o "$name" -j ACCEPT
  for i in $(seq 1 "$1"); do start "$i"; done
  node 1 swarm init --advertise-addr "$subnet.1" >/dev/null
  for i in $(seq 2 "$1"); do join "$i"; done
}

add() {
  local i=1
  while [ -d "$lab/n$i" ]; do i=$((i + 1)); done
  start "$i"
  join "$i"
}

down() {
  local pid dir
  for dir in "$lab"/n[0-9]*; do
    [ -d "$dir" ] || continue
    node "${dir##*/n}" swarm leave --force >/dev/null 2>&1 || true
    node "${dir##*/n}" ps -aq 2>/dev/null | xargs -r docker -H "unix://$dir/run/docker.sock" rm -f >/dev/null 2>&1 || true
    pid=$(cat "$dir/pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 1 150); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done
  # Kills the processes of the namespaces that a killed engine has left; their mounts disappear with the last of them.
  for net in $(ip netns list | awk -v prefix="${name}n" 'index($1, prefix) == 1 {print $1}'); do
    ip netns pids "$net" | xargs -r kill -KILL 2>/dev/null || true
    ip netns del "$net"
    find /sys/fs/cgroup -depth -type d -path "*/$net*" -exec rmdir {} + 2>/dev/null || true
  done
  ip link del "$name" 2>/dev/null || true
  iptables -D FORWARD -i "$name" -o "$name" -j ACCEPT 2>/dev/null || true
  rm -rf "$lab"/n[0-9]* "$lab/subnet"
  rmdir "$lab" 2>/dev/null || true
}

case ${1:-} in
up) up "${2:-3}" ;;
add) add ;;
down) down ;;
*) fail "usage: swarm.sh up [N] | add | down" 64 ;;
esac
