#!/bin/sh
# Builds the release with link-time optimisation guided by a profile, into build/pgo/redirector.
# Usage: bench/pgo.sh      A quarter of an hour on two cores: it is built twice, and trained with
# bench/load/run.py in between. Needs what that needs (nginx is not: only the redirector runs).
set -eu
cd "$(dirname "$0")/.."
rm -rf build/pgo/profile
cmake --preset pgo -DREDIRECTOR_PGO=generate
cmake --build build/pgo --target redirector
# It writes its counts when it ends in order, as it does on SIGTERM.
python3 bench/load/run.py --train --binary build/pgo/redirector
cmake --preset pgo -DREDIRECTOR_PGO=use
cmake --build build/pgo --target redirector
echo "build/pgo/redirector; compare: bench/load/run.py --profile million --binary build/pgo/redirector"
