#!/bin/sh
# Containers for the governor to choose from, out of four images: two that use much, two that use little.
#
#   load.sh images          makes the images out of Debian's busybox-static; nothing is pulled
#   load.sh minutes [N]     starts ten containers a minute, for N minutes (1)
#   load.sh ten             starts ten containers
#   load.sh down            removes all containers of these images
set -eu
cd "$(dirname "$0")"
kinds='heavy-memory heavy-cpu light-idle light-log'

images() {
  context=$(mktemp -d)
  trap 'rm -r "$context"' EXIT
  # mktemp lets only the owner enter the directory.
  chmod 755 "$context"
  mkdir "$context/bin" "$context/tmp"
  cp "$(command -v busybox)" "$context/bin/busybox"
  for name in sh sleep dd date head od cut usleep; do ln -s busybox "$context/bin/$name"; done
  cp load Dockerfile "$context"
  for kind in $kinds; do docker build --quiet --build-arg "KIND=$kind" --tag "sonde-example/$kind" "$context"; done
}

# Five heavy and five light ones.
ten() {
  for number in 1 2 3 4 5; do
    docker run --detach --rm --init --memory 128m "sonde-example/heavy-$([ $((number % 2)) = 0 ] && echo cpu || echo memory)" >/dev/null
    docker run --detach --rm --init --memory 128m "sonde-example/light-$([ $((number % 2)) = 0 ] && echo log || echo idle)" >/dev/null
  done
}

case ${1:-} in
images) images ;;
ten) ten ;;
minutes)
  left=${2:-1}
  while [ "$left" -gt 0 ]; do
    ten
    left=$((left - 1))
    sleep 60
  done ;;
down) for kind in $kinds; do docker ps --all --quiet --filter "ancestor=sonde-example/$kind" | xargs -r docker rm --force >/dev/null; done ;;
*) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
