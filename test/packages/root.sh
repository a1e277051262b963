#!/bin/sh
# First process of namespaces of its own: the system of this machine below an overlay that goes with it, for packages to be
# installed in, without what an installation of ours would leave. $1 is the folder of the packages, there as /packages.
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t tmpfs tmpfs run
mkdir packages
mount --bind "$1" packages
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
ip link set lo up
rm -rf etc/systemd/system/postfix-tls-watch* var/lib/postfix-tls-watch var/lib/private/postfix-tls-watch etc/postfix-tls-watch*
: >etc/resolv.conf
# Images of containers leave out manual pages and documents.
for file in etc/dpkg/dpkg.cfg.d/*; do [ ! -e "$file" ] || sed -i '/^path-/d' "$file"; done
echo ready
exec sleep infinity
