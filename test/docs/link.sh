# The configuration of the README, and what it is for: a link eth1 with a router behind it.
sed -n '/^    softwire-config {/,/^    }/p' "$LWAFTR/README.md" > relay.conf
ip netns add router
ip link add eth1 mtu 1540 type veth peer name relay mtu 1540 netns router
ip link set eth1 up
ip -n router link set relay up
ip -n router addr add 203.0.113.1/24 dev relay
ip -n router addr add 2001:db8::1/64 dev relay nodad
