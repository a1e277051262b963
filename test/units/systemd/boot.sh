#!/bin/sh
# First process of namespaces of its own (mounts, processes, network, host name, IPC, cgroups): the system of this machine below an
# overlay that goes with it, and systemd as its init. What would reach beyond them is masked. $1 is the checkout.
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
  : >"dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mkdir -p product
mount --rbind "$1" product
ip link set lo up
rm -rf etc/systemd/system/*.wants etc/systemd/system/postfix-tls-watch* var/lib/postfix-tls-watch etc/postfix-tls-watch*
for unit in systemd-sysctl systemd-modules-load systemd-binfmt systemd-tmpfiles-setup-dev systemd-remount-fs systemd-udevd \
  systemd-udev-trigger systemd-timesyncd systemd-random-seed; do
  ln -sf /dev/null "etc/systemd/system/$unit.service"
done
exec chroot . env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --unit=basic.target --show-status=0
