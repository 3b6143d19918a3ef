#!/bin/sh
# Polls the routes and tells each change: poll-routes.sh URL
# An unchanged list costs the relay nothing: it answers 304 to the entity-tag that it gave last. An answer of another
# kind, or none, changes nothing: what was said last stands.
set -eu
url=$1/restconf/data/lwaftr:routes
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
: > "$folder/etag" ; : > "$folder/before"

while :; do
  status=$(curl -s -o "$folder/answer" --etag-compare "$folder/etag" --etag-save "$folder/etag.new" \
    -w '%{http_code}' "$url" || true)
  if [ "$status" = 200 ]; then
    mv "$folder/etag.new" "$folder/etag"
    python3 -c '
import json, sys
for route in json.load(open(sys.argv[1]))["lwaftr:routes"].get("route", []):
    print(route["prefix"], route["next-hop"])' "$folder/answer" | sort > "$folder/now"
    comm -13 "$folder/before" "$folder/now" | sed 's/^/+ /'
    comm -23 "$folder/before" "$folder/now" | sed 's/^/- /'
    mv "$folder/now" "$folder/before"
  fi
  sleep "${INTERVAL:-1}"
done
