#!/bin/bash
# build.sh WORK: what the guest boots from, made from Debian packages that are unpacked privately (nothing is installed):
# WORK/kernel, WORK/qemu, WORK/initramfs.cpio and WORK/ko/efa.ko. Each step is skipped when its result is there.
set -euo pipefail
WORK=$(mkdir -p "$1/debs" && cd "$1" && pwd)
HERE=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C
say() { echo "LAB $*"; }
die() { echo "LAB $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "needs $1: apt-get install $2"; }
need apt-get apt; need dpkg-deb dpkg; need gcc gcc; need make make

KIMG=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-6/{print $2; exit}')
[ -n "$KIMG" ] || die "apt knows no linux-image-amd64: needs Debian 12 or later on amd64 and a fresh apt-get update"
KVER=${KIMG#linux-image-}

# ---- packages: the guest's user space, QEMU, the kernel
GUEST_PKGS="bash coreutils busybox-static kmod iproute2 nftables ibverbs-providers perftest libstdc++6"
QEMU_PKGS="qemu-system-x86"
# What only maintainer scripts would want; a guest whose init is a script of ours runs without.
SKIP='^(adduser|debconf|debconf-2.0|cdebconf|dpkg|install-info|passwd|perl.*|libperl.*|init-system-helpers|lsb-base|udev|systemd.*|libsystemd0|sysvinit.*|libdebian-installer4|libnewt0.52|libslang2|libtextwrap1|libpam.*|pci.ids|tar|libgdbm.*|libsemanage.*|libsepol2|libaudit.*|libcap-ng0|libcap2-bin|sensible-utils|ucf)$'
closure() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" 2>/dev/null |
    grep '^[a-z]' | sort -u | grep -Ev "$SKIP" || true
}
# Virtual packages have no candidate.
real() { apt-cache policy "$@" | awk '/^[a-z]/{p=$1; sub(":$","",p)} /Candidate: [0-9]/{print p}'; }
fetch() {
  local want=() p
  for p in "$@"; do compgen -G "$WORK/debs/${p}_*.deb" >/dev/null || want+=("$p"); done
  [ ${#want[@]} -eq 0 ] && return
  say "downloading ${#want[@]} Debian packages"
  (cd "$WORK/debs" && nice apt-get -q download "${want[@]}" >"$WORK/download.log" 2>&1) ||
    { tail -5 "$WORK/download.log" >&2; die "cannot download from Debian's archive: run apt-get update first"; }
}
unpack() { # unpack DIR PACKAGE...: keeps the links of a merged /usr
  local d=$1 p
  shift
  mkdir -p "$d"/usr/{bin,sbin,lib,lib64}
  for p in bin sbin lib lib64; do ln -sfn usr/$p "$d/$p"; done
  for p in "$@"; do
    nice dpkg-deb --fsys-tarfile "$(compgen -G "$WORK/debs/${p}_*.deb" | tail -1)" |
      tar -C "$d" --keep-directory-symlink --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*' -x
  done
}

STAMP="$KVER $(cat "$0" "$HERE/init" "$HERE/efa_com_shim.c" | cksum | cut -d' ' -f1)"
[ "$(cat "$WORK/built" 2>/dev/null)" = "$STAMP" ] && { say "built already: $KVER"; exit 0; }
rm -f "$WORK/built"
GUEST=$(real $(closure $GUEST_PKGS)); QEMU=$(real $(closure $QEMU_PKGS))
HEADERS=linux-headers-${KVER%-amd64}-common
SOURCE=linux-source-${KVER%.*-*-amd64}
KBUILD=$(apt-cache depends "linux-headers-$KVER" | awk '/Depends: linux-kbuild-/{print $2; exit}')
fetch $KIMG $GUEST $QEMU rdma-core "linux-headers-$KVER" "$HEADERS" "$KBUILD" "$SOURCE"

say "unpacking the kernel $KVER and QEMU"
rm -rf "$WORK/kernel" "$WORK/qemu" "$WORK/root"
mkdir -p "$WORK/kernel" && nice dpkg-deb -x "$WORK"/debs/${KIMG}_*.deb "$WORK/kernel"
unpack "$WORK/qemu" $QEMU

say "making the initramfs"
R=$WORK/root
unpack "$R" $GUEST rdma-core
install -D "$HERE/init" "$R/init"
ln -sfn bash "$R/usr/bin/sh"
M=$R/usr/lib/modules/$KVER; S=$WORK/kernel/lib/modules/$KVER
mkdir -p "$M" "$R"/{proc,sys,dev,tmp,run,share,bb,etc,var}
cp "$S"/modules.{order,builtin,builtin.modinfo} "$M/"
(cd "$S" && cp -a --parents kernel/drivers/infiniband/{core,sw} kernel/drivers/{virtio,nvme} kernel/drivers/net/{veth,virtio_net,net_failover}.ko \
  kernel/net/{9p,core,ipv4,ipv6,netfilter} kernel/fs/{9p,netfs,fscache} kernel/lib kernel/crypto kernel/arch/x86/crypto "$M/")
# By the packages' own loader: neither chroot, which needs root, nor kmod on this machine.
nice "$R/lib64/ld-linux-x86-64.so.2" --library-path "$R/usr/lib/x86_64-linux-gnu" --argv0 depmod "$R/bin/kmod" -b "$R" "$KVER"
echo 'root:x:0:0:root:/:/bin/sh' >"$R/etc/passwd"; echo 'root:x:0:' >"$R/etc/group"; echo '127.0.0.1 localhost' >"$R/etc/hosts"
rm -rf "$R"/usr/share/{perl*,bash-completion,bug,lintian}
(cd "$R" && find . | nice "$R/bin/busybox" cpio -o -H newc) >"$WORK/initramfs.cpio" 2>/dev/null

# Debian's own efa driver (not enabled in Debian's configuration), unmodified but for the admin queue to the card
say "building the efa driver"
H=$WORK/headers; B=$WORK/efa
rm -rf "$H" "$B"; mkdir -p "$H" "$B" "$WORK/ko"
for p in "linux-headers-$KVER" "$HEADERS" "$KBUILD"; do dpkg-deb -x "$WORK"/debs/${p}_*.deb "$H"; done
# The headers name each other by absolute path: point them at the private copy.
echo "include $H/usr/src/$HEADERS/Makefile" >"$H/usr/src/linux-headers-$KVER/Makefile"
dpkg-deb --fsys-tarfile "$WORK"/debs/${SOURCE}_*.deb | tar -xO ./usr/src/$SOURCE.tar.xz |
  nice tar -C "$B" -xJ --strip-components=5 "$SOURCE/drivers/infiniband/hw/efa"
rm "$B/efa_com.c"; cp "$HERE/efa_com_shim.c" "$B/"
printf 'obj-m := efa.o\nefa-y := efa_com_cmd.o efa_com_shim.o efa_main.o efa_verbs.o\n' >"$B/Makefile"
nice make -C "$H/usr/src/linux-headers-$KVER" M="$B" modules >"$WORK/efa-build.log" 2>&1 || { tail "$WORK/efa-build.log" >&2; die "the efa driver does not build"; }
cp "$B/efa.ko" "$WORK/ko/"
echo "$STAMP" >"$WORK/built"
say "built: $KVER, initramfs $(du -m "$WORK/initramfs.cpio" | cut -f1) MB"
