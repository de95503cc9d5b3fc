#!/bin/sh
# Starts a Redis with a configuration of this folder, or a Sentinel with sentinel.conf.
# Usage: start.sh CONF DIR [options of redis-server]      such as  start.sh data.conf /var/lib/redis --port 6379
# DIR gets a copy of CONF as redis.conf when it has none (Redis and Sentinel write to theirs), common.conf at each
# start, and the data. REPLICA_OF="HOST PORT" in the environment makes a replica of it at the first start; later its
# own redis.conf knows, even if it was made the primary meanwhile. DIR/local.conf, if there, holds what is the site's
# own: bind, passwords, maxmemory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
conf=$1
mkdir -p "$2"
cd "$2"
shift 2

cp "$here/common.conf" common.conf
if [ ! -e redis.conf ]; then
    cp "$here/$conf" redis.conf
    [ -z "${REPLICA_OF:-}" ] || echo "replicaof $REPLICA_OF" >>redis.conf
fi
chmod u+w common.conf redis.conf
[ "$conf" = sentinel.conf ] && exec redis-server ./redis.conf --sentinel "$@"

# Redis 7.0 cuts a torn end only half: it keeps an open MULTI, behind which later writes are lost at the next start.
manifest=appendonlydir/appendonly.aof.manifest
if [ -e "$manifest" ]; then
    echo y | redis-check-aof --fix "$manifest"
fi
exec redis-server ./redis.conf --dir "$PWD" "$@"
