# Sourced by the lab's scripts: where the lab is and how to speak to its engine.
set -euo pipefail
lab=${SONDE_LAB:-/tmp/sonde-lab}
socket=${SONDE_LAB_SOCKET:-$lab/docker.sock}
image=sonde-lab
label=sonde-lab

engine() { docker -H "unix://$socket" "$@"; }

fail() {
  echo "${0##*/}: $1" >&2
  exit "${2:-1}"
}

# need COMMAND PACKAGE: says which Debian package is missing instead of failing half-way.
need() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || fail "$1 is missing: apt-get install -y --no-install-recommends $2" 69
}

# What names of interfaces and numbers of subnets follow from, so that two labs don't collide.
key=$(printf %s "$lab" | cksum | cut -d' ' -f1)

# free_subnet PREFIX: a PREFIX.N that no interface of this machine has, whosever it is.
free_subnet() {
  local i
  for i in $(seq 0 255); do
    i=$(((key + i) % 256))
    ip -4 -o addr show | grep -qF " $1.$i." || { echo "$1.$i"; return; }
  done
  fail "no subnet below $1 is free" 69
}
