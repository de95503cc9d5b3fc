#!/usr/bin/env bash
# Installs what is missing (Debian 12, as root), builds, and runs the tests through CTest.
# Usage: tests/run.sh [PRESET] [ctest options]   PRESET: dev (default), asan or tsan
#        tests/run.sh asan -L unit               the unit tests under ASan and UBSan
#        tests/run.sh dev -L slow                the slow suites, which are left out otherwise
set -euo pipefail
cd "$(dirname "$0")/.."

preset=dev
case ${1:-} in
    dev | asan | tsan)
        preset=$1
        shift
        ;;
esac
[ $# -gt 0 ] || set -- -LE slow

deploy/install.sh deploy/packages.txt tests/packages.txt
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" "$@"
