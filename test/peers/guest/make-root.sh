#!/bin/bash
# make-root.sh FOLDER: makes the root folder that both guests share: Debian 12 with pptpd, pptp-linux and pppd, read-only
# in use. Needs root, debootstrap, gcc and a Debian mirror: the one that this machine's apt knows, or $DEBIAN_MIRROR.
# What is already there is not made again, so a second call takes no time. About 250 MB.
set -eu
root=$1
here=$(cd "$(dirname "$0")" && pwd)
packages=ppp,ppp-dev,pptpd,pptp-linux,iproute2,iputils-ping,procps,kmod,busybox-static
plugin=$root/usr/lib/pppd/2.4.9/mppe-want-stateful.so

mirror() {
  local known
  known=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null | grep -v security | head -1)
  echo "${DEBIAN_MIRROR:-${known:-http://deb.debian.org/debian}}"
}

# A folder without its mark is one that was given up half-way.
if [ ! -e "$root/.done" ]; then
  if [ -e "$root" ]; then
    echo "$root is not finished: remove it and begin again" >&2
    exit 1
  fi
  mkdir -p "$(dirname "$root")"
  if ! debootstrap --variant=minbase --include="$packages" bookworm "$root" "$(mirror)" >"$root.log" 2>&1; then
    tail -20 "$root.log" >&2
    rm -rf --one-file-system "$root"
    exit 1
  fi
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  mkdir -p "$root/usr/lib/modules"
  touch "$root/.done"
fi

# Stock pppd never asks for stateful MPPE: `mppe-stateful` only lets the peer ask.
if [ ! -e "$plugin" ]; then
  gcc -shared -fPIC -O2 -w -DVERSION='"2.4.9"' -I "$root/usr/include" -o "$plugin" "$here/mppe-want-stateful.c"
fi

# The first program of a guest only mounts the guest's own folder and hands over: what a guest does can change without
# making the root folder again.
mkdir -p "$root/guest"
cat >"$root/guest-init" <<'STUB'
#!/bin/sh
mount -t proc proc /proc
mount -t hostfs -o "$(sed 's/.*guestdir=\([^ ]*\).*/\1/' /proc/cmdline)" hostfs /guest
exec /bin/sh /guest/init.sh
STUB
chmod +x "$root/guest-init"
