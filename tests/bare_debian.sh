#!/usr/bin/env bash
# This commit on a Debian 12 that has nothing yet: a new one is made, in it the README's two commands are run, and it is removed.
# Usage: tests/bare_debian.sh [FOLDER]   as root; takes debootstrap, systemd-container, git, and 8 GB in FOLDER (/var/tmp)
# MIRROR=URL of Debian in the environment: another mirror. SITE=FOLDER: files that every machine here has (apt.conf, CA
# certificates, npmrc), laid over the new one. The machine shares this one's network: ports 8080 and 8081 must be free.
set -euo pipefail
cd "$(dirname "$0")/.."

machine=$(mktemp -d "${1:-/var/tmp}/bare-debian.XXXXXX")
trap 'rm -rf --one-file-system "$machine"' EXIT

step() {  # step WHAT COMMAND...: runs it, and says how long it took, or that it failed
    local began=$SECONDS status=0
    "${@:2}" || status=$?
    echo "== $1: $((SECONDS - began)) s, status $status, load $(cut -d' ' -f1-3 /proc/loadavg)"
    return "$status"
}

inside() {  # inside COMMAND...: in the new machine, with /tmp on its disk as Debian 12 has it
    SYSTEMD_NSPAWN_TMPFS_TMP=0 systemd-nspawn --quiet --pipe --register=no --keep-unit -D "$machine" \
        --chdir=/root/redirector -- "$@" </dev/null
}

step "a bare Debian 12" debootstrap --variant=minbase bookworm "$machine" ${MIRROR:+"$MIRROR"}
echo "127.0.0.1 localhost" >"$machine/etc/hosts"  # as the installer writes it
[ -z "${SITE:-}" ] || cp -a "$SITE/." "$machine/"
git clone --quiet . "$machine/root/redirector"

# The first minute as it reads: start, paste the lines it prints, Ctrl-C.
cat >"$machine/root/first_minute.sh" <<'TEXT'
set -m
deploy/run.sh >/root/run.log 2>&1 &
server=$!
until grep -q 'Ctrl-C stops' /root/run.log; do
    kill -0 "$server" || { tail -n 40 /root/run.log; exit 1; }
    sleep 1
done
grep '^  curl' /root/run.log | sed 's/curl /&-fsS /' >/root/pasted
[ "$(wc -l </root/pasted)" -eq 3 ] && bash -e /root/pasted && [ "$(head -c 4 code.png | tail -c 3)" = PNG ] || exit 1
rm code.png
kill -INT -"$server" && wait "$server"
TEXT
step "deploy/run.sh, from nothing to Ctrl-C" inside bash /root/first_minute.sh
step "tests/run.sh" inside tests/run.sh
echo "== all: $SECONDS s"
