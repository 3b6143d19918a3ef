# A relay that runs by the configuration of the README.
. "$LWAFTR/test/docs/link.sh"
lwaftr run --conf relay.conf > relay.log 2>&1 &
until curl -sf http://127.0.0.1:8080/readyz > /dev/null; do sleep 0.1; done
