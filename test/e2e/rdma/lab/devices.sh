#!/bin/bash
# devices.sh, in the guest: a network interface, an EFA device and two soft-RoCE devices that reach each other over a veth pair.
set -euo pipefail
echo "GUEST kernel $(uname -r), $(nproc) cpus"
modprobe -a rdma_rxe ib_uverbs
ip link set lo up
# The node's own address, as a node has one: apart from the fabric.
ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
# Both ends lie in ONE network namespace (6.1's rxe only talks in init_net); moving the `local` table behind two rules
# makes the packets really cross the pair.
ip link add veth0 type veth peer name veth1
ip addr add 10.9.0.1/24 dev veth0; ip addr add 10.9.0.2/24 dev veth1
sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.veth0.rp_filter=0 net.ipv4.conf.veth1.rp_filter=0 \
  net.ipv4.conf.veth0.accept_local=1 net.ipv4.conf.veth1.accept_local=1
ip link set veth0 up; ip link set veth1 up
ip route add 10.9.0.2 dev veth0 src 10.9.0.1 table 101
ip route add 10.9.0.1 dev veth1 src 10.9.0.2 table 102
ip rule add pref 10 iif lo to 10.9.0.2 lookup 101
ip rule add pref 11 iif lo to 10.9.0.1 lookup 102
ip rule add pref 20 lookup local; ip rule del pref 0
ip neigh replace 10.9.0.2 lladdr "$(cat /sys/class/net/veth1/address)" dev veth0
ip neigh replace 10.9.0.1 lladdr "$(cat /sys/class/net/veth0/address)" dev veth1
rdma link add rxe0 type rxe netdev veth0; rdma link add rxe1 type rxe netdev veth1
nft add table inet block; nft add chain inet block in '{ type filter hook input priority 0; }'
# The driver takes any PCI function with a BAR 0 and MSI-X: QEMU's nvme has both.
insmod /share/efa.ko
echo "1b36 0010" >/sys/bus/pci/drivers/efa/new_id
echo 20000 >/sys/module/efa/parameters/tx_pps; echo 20000 >/sys/module/efa/parameters/rx_pps
echo "GUEST devices: $(echo /sys/class/infiniband/*)"
