#!/bin/bash
# Compares every column of tables container and unit with the kernel's files under cgroup v2: v2.sh PROGRAMS [DIRECTORY], with the directory of the built programs.
# What the guest wrote is kept in DIRECTORY when it is given.
#
# It boots Debian's kernel in QEMU, in software, since the machine's own kernel may have v1. v2_guest.sh is its init: it makes cgroups where engines make
# them, gives each a load, freezes them, and has `sonde record` read them between two copies of the kernel's files; check_v2.py compares. Nothing of the machine is
# changed: the kernel's package is unpacked into a temporary directory. It takes two to five minutes.
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd)
programs=${1:?the directory of the built programs}
need qemu-system-x86_64 qemu-system-x86
need cpio cpio
need busybox busybox-static
need strip binutils
need python3 python3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,lib,lib64,modules,run}

echo "== kernel"
package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
[ -n "$package" ] || fail "apt knows no linux-image-amd64: apt-get update" 69
(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package" && dpkg -x "$package"_*.deb kernel)
kernel=$(echo "$work"/kernel/boot/vmlinuz-*)
# In the order in which they need each other.
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk veth"
for module in $modules; do
  found=$(find "$work/kernel/lib/modules" -name "$module.ko*" | head -1)
  case $found in
    *.xz) xz -dc "$found" >"$root/modules/$module.ko" ;;
    *.zst) zstd -dqc "$found" >"$root/modules/$module.ko" ;;
    # The kernel may have it built in.
    ?*) cp "$found" "$root/modules/" ;;
  esac
done
echo "$modules" >"$root/modules/order"

echo "== guest"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $("$root/bin/busybox" --list | grep -vx busybox); do ln -sf busybox "$root/bin/$name"; done
for program in sonde sonde-agent sonde-collector; do
  strip -o "$root/bin/$program" "$programs/$program"
  # Static programs need none of it.
  for library in $(ldd "$programs/$program" 2>/dev/null | awk '$3 ~ /^\// { print $3 }'); do cp -Lu "$library" "$root/lib/"; done
done
cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/" 2>/dev/null || true
install -m 0755 "$here/v2_guest.sh" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1 >"$work/initrd.gz")
# For block I/O, to swap to, and for what the guest writes.
for disk in io swap out; do truncate -s 256M "$work/$disk"; done
drives=()
for disk in io swap out; do drives+=(-drive "file=$work/$disk,if=virtio,format=raw,cache=unsafe"); done

echo "== run"
timeout "${SONDE_V2_LIMIT:-600}" qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 2048 -nographic -no-reboot -net none \
  -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 psi=1 quiet panic=-1" "${drives[@]}" </dev/null | sed -u 's/\r//' | tee "$work/console" | grep --line-buffered '^v2:' ||
  { tail -30 "$work/console" >&2; fail "the guest said nothing"; }
mkdir "$work/result"
tar -C "$work/result" -xf "$work/out" && [ -e "$work/result/run" ] || { tail -30 "$work/console" >&2; fail "the guest wrote nothing"; }
[ -z "${2:-}" ] || cp -rT "$work/result" "$2"

echo "== comparison"
python3 "$here/check_v2.py" "$work/result"
