# init.sh: makes a guest ready, as its process 1. /guest is the guest's own folder on the host (hostfs); /guest/env says
# NAME, ADDRESS and GATEWAY. The root folder is read-only, so what the peers write goes to tmpfs or to /guest.
. /guest/env
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp

mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /run/lock /dev/pts
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t hostfs -o /usr/lib/uml/modules hostfs /lib/modules

# writable copies of what the peers' configuration is written to
mkdir /tmp/ppp
cp -a /etc/ppp/. /tmp/ppp/
mount --bind /tmp/ppp /etc/ppp
for file in hosts resolv.conf pptpd.conf; do
  [ -e /etc/$file ] || continue
  cp /etc/$file /tmp/$file
  mount --bind /tmp/$file /etc/$file
done

echo "$NAME" >/proc/sys/kernel/hostname
ip link set lo up
# no IPv6 on the wire; for ppp it stays on, so that pppd offers IPV6CP as on real hosts
modprobe ipv6 && echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip addr add "$ADDRESS" dev eth0
ip link set eth0 up
ip route add default via "$GATEWAY"
echo 1 >/proc/sys/net/ipv4/ip_forward
for module in ppp_async ppp_synctty ppp_mppe ppp_deflate bsd_comp; do modprobe $module; done

/bin/busybox syslogd -O /guest/log/syslog -S
touch /guest/ready
exec perl /guest/agent.pl
