#!/bin/sh
# Installs the npm packages that tests/e2e uses as charging stations; without Node >= 20 those tests are skipped.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

folder=tests/e2e/node
stamp=$folder/node_modules/.voltway-install-$(fingerprint "$folder/package-lock.json")
[ ! -e "$stamp" ] || exit 0
if ! command -v npm >/dev/null; then
    say "no npm on the PATH: the tests with stations of npm packages will be skipped"
    exit 0
fi
say "installing the npm stations of the tests"
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null)
touch "$stamp"
