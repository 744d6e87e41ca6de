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
