#!/bin/sh
# The init of v2.sh's guest: loads in cgroups, frozen while they are read, so that the kernel's files stand still.
export PATH=/bin HOME=/ LD_LIBRARY_PATH=/lib
say() { echo "v2: $1"; }
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
for module in $(cat /modules/order); do
  if [ -e "/modules/$module.ko" ]; then insmod "/modules/$module.ko"; fi
done
hostname v2
say "the kernel is $(uname -r)"
ip link set lo up
out=/tmp/out
mkdir -p $out
[ -b /dev/vdc ] || { say "there are no disks"; poweroff -f; }
exec 2>$out/errors
mkswap /dev/vdb >/dev/null && swapon /dev/vdb

cgroups=/sys/fs/cgroup
mount -t cgroup2 none $cgroups
mkdir $cgroups/init
for pid in $(cat $cgroups/cgroup.procs); do echo "$pid" >$cgroups/init/cgroup.procs 2>/dev/null; done
controllers="+cpu +memory +io +pids"
echo "$controllers" >$cgroups/cgroup.subtree_control

# Ids of 64 digits, and the places where Docker (both drivers), a kubelet and Podman put them.
id() { printf "$1%063d" 0; }
places="system.slice/docker-$(id a).scope docker/$(id b) machine.slice/libpod-$(id c).scope
kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-$(id d).scope"
idOf() { echo "$1" | grep -o '[a-d]0\{62\}0'; }

make_cgroup() {
  path=$cgroups
  for part in $(dirname "$1" | tr / ' '); do
    path=$path/$part
    mkdir -p "$path"
    echo "$controllers" >"$path/cgroup.subtree_control"
  done
  mkdir -p "$cgroups/$1"
}

# Each has a network of its own, a block of memory that is more than fits, a loop beyond its quota, block I/O, more processes than it may have, and one
# that is killed for memory.
load() {
  cat >/tmp/load <<'LOAD'
echo $$ >"$1/cgroup.procs"
ip link set lo up
# The other end is called by the kernel.
while ! ip link | grep -q veth; do sleep 0.1; done
# As engines call it: what is called veth inside a container is its own child's.
ip link set "$(ip link | grep -o 'veth[0-9]*' | head -1)" name eth0
own=eth0
ip addr add "10.9.$2.2/24" dev "$own"
ip link set "$own" up
ping -c 3 "10.9.$2.1" >/dev/null
dd if=/dev/zero of=/dev/vda bs=64k count=$((8 + $2)) seek=$((100 * $2)) oflag=direct
dd if=/dev/vda of=/dev/null bs=64k count=$((4 + $2)) iflag=direct
dd if=/dev/zero of=/tmp/file$2 bs=1M count=2
cat /tmp/file$2 >/dev/null
# More processes than are allowed, each of which ends soon.
(i=0; while [ $i -lt 60 ]; do sleep 1 & i=$((i + 1)); done)
while read -r n <"$1/pids.current" && [ "$n" -gt 1 ]; do :; done
dd if=/dev/zero bs=30M count=1 | sleep 100000 &
dd if=/dev/zero of=/dev/null bs=400M count=1
while :; do :; done
LOAD
  unshare -n sh /tmp/load "$cgroups/$1" "$2" >/dev/null 2>>$out/loads &
  pid=$!
  echo "$pid" >"$out/pid.$(idOf "$1")"
  ip link add "ve$2" type veth
  ip link set "$(ip link | grep -o 'veth[0-9]*' | head -1)" netns "$pid"
  ip addr add "10.9.$2.1/24" dev "ve$2"
  ip link set "ve$2" up
}

number=0
for place in $places; do
  number=$((number + 1))
  make_cgroup "$place"
  echo $((20000 * number)) 100000 >"$cgroups/$place/cpu.max"
  echo $((20 + number))M >"$cgroups/$place/memory.max"
  echo 64M >"$cgroups/$place/memory.swap.max"
  # So near to the limit that usage above it slows the load down only a little.
  echo $((19 + number))M >"$cgroups/$place/memory.high"
  echo $((1 + number))M >"$cgroups/$place/memory.low"
  if [ $number = 1 ]; then echo max >"$cgroups/$place/memory.min"; else echo ${number}M >"$cgroups/$place/memory.min"; fi
  echo $((100 + number)) >"$cgroups/$place/cpu.weight"
  echo $((50 + number)) >"$cgroups/$place/pids.max"
  load "$place" $number
done

# Units as systemd makes them: a service, a user's manager with a service of its own and one more, a virtual machine. Each holds a block of memory, and loops beyond its quota.
units="system.slice/nginx.service user.slice/user-1000.slice/user@1000.service/app.slice/foo.service
user.slice/user-1000.slice/user@1000.service/init.scope qemu.slice/100.scope"
cat >/tmp/work <<'WORK'
echo $$ >"$1/cgroup.procs"
dd if=/dev/zero bs=10M count=1 | sleep 100000 &
while :; do :; done
WORK
for unit in $units; do
  number=$((number + 1))
  make_cgroup "$unit"
  echo $((3000 * number)) 100000 >"$cgroups/$unit/cpu.max"
  echo $((60 + number))M >"$cgroups/$unit/memory.max"
  echo $((50 + number)) >"$cgroups/$unit/pids.max"
  sh /tmp/work "$cgroups/$unit" >/dev/null 2>>$out/loads &
done

# A unit that comes and goes between two ticks. When it has ended, its cgroup stays for a moment, as systemd leaves it.
flash() {
  # Right behind the second tick, however long the start takes: two seconds are left until the next one.
  until [ "$(grep -c . "$out/run/host.csv" 2>/dev/null)" -ge 3 ] 2>/dev/null; do sleep 0.1; done
  make_cgroup system.slice/flash.service
  sh -c 'echo $$ >"$1/cgroup.procs"; i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done' sh $cgroups/system.slice/flash.service
  cat $cgroups/system.slice/flash.service/cpu.stat >$out/flash
  sleep 1
  rmdir $cgroups/system.slice/flash.service
}

oom_killed() {
  for place in $places; do
    grep -q '^oom_kill [1-9]' "$cgroups/$place/memory.events" && grep -q '^nr_throttled [1-9]' "$cgroups/$place/cpu.stat" || return 1
  done
}
tries=0
while ! oom_killed && [ $tries -lt 240 ]; do
  sleep 1
  tries=$((tries + 1))
done
if oom_killed; then say "the loads have done their work"; else
  say "not all loads have done their work:"
  cat $out/errors $out/loads | tail -20 | sed 's/^/v2: /'
fi
for place in $places $units; do
  echo 1 >"$cgroups/$place/cgroup.freeze"
  while ! grep -q 'frozen 1' "$cgroups/$place/cgroup.events"; do sleep 0.1; done
done
# The kernel sums up its statistics every two seconds.
sleep 5

copy_files() {
  mkdir -p "$2"
  for file in "$cgroups/$1"/cpu.* "$cgroups/$1"/memory.* "$cgroups/$1"/io.* "$cgroups/$1"/pids.*; do
    cat "$file" >"$2/${file##*/}" 2>/dev/null
  done
}
copy() {
  for unit in $units; do copy_files "$unit" "$out/$1/units/${unit##*/}"; done
  for place in $places; do
    id=$(idOf "$place")
    copy_files "$place" "$out/$1/containers/$id"
    cat "/proc/$(cat "$out/pid.$id")/net/dev" >"$out/$1/containers/$id/net.dev"
  done
  cat /proc/meminfo >"$out/$1/meminfo"
}
say "recording"
copy before
flash &
sonde record --containers cgroup --units kind=service --units kind=scope --units kind=vm --interval 2s --duration 12s --output $out/run >$out/record 2>&1
say "sonde record ended with $?"
copy after
# What a command and all that it starts use, by a cgroup that sonde makes.
sonde record --containers off --interval 500ms --output $out/command -- \
  sh -c 'dd if=/dev/zero of=/dev/null bs=20M count=20; i=0; while [ $i -lt 200 ]; do sh -c :; i=$((i + 1)); done; exit 3' >$out/said 2>&1
say "sonde record -- sh ended with $?"
ls -d $cgroups/sonde-command-* >$out/left 2>/dev/null
cd $out
tar cf /dev/vdc .
sync
poweroff -f
