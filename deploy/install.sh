#!/usr/bin/env bash
# Installs the Debian packages that the given lists name, those that are missing only.
# Usage: deploy/install.sh LIST...   (as root, or with every package installed already)
set -euo pipefail

mapfile -t wanted < <(sed 's/#.*//' "$@" | tr -s ' \t\n' '\n' | sed '/^$/d' | sort -u)
missing=()
for package in "${wanted[@]}"; do
    # A command of that name from elsewhere will do: Debian's npm cannot stand beside another vendor's Node.
    command -v "$package" >/dev/null && continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing; run as root, or install them: ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
# No package may start a service of its own: the servers that run here are started by name.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
