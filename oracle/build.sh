#!/bin/sh
# Builds bin/oracle-1.18, -1.19 and -1.20, or those of the minors that are named. The first time takes minutes.
set -e
cd "$(dirname "$0")"
for minor in ${@:-1.18 1.19 1.20}; do
  [ "$minor" != 1.20 ] || ./adapt-statedb.sh
  (cd "v$minor" && go build -o "../bin/oracle-$minor" .)
done
