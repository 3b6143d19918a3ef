#!/bin/sh
# Keeps FRR's static routes to a link of the relay as the relay says: follow-routes.sh INSTANCE
# Routes that an earlier follower left behind, and that are not wanted now, are removed first.
# LWAFTR and VTYSH may hold other programs, with options.
set -eu
: "${LWAFTR:=lwaftr}" "${VTYSH:=vtysh}"

routes_in() { grep -E '^ip(v6)? route .* tag 7596( |$)' | sort || true; }

wanted=$($LWAFTR routes --format frr --instance "$1" | routes_in)
$VTYSH -c 'show running-config' | routes_in | while read -r route; do
  printf '%s\n' "$wanted" | grep -qxF "$route" || $VTYSH -c 'configure terminal' -c "no $route"
done
$LWAFTR routes --follow --format frr --instance "$1" | $VTYSH
