#!/bin/sh
# Sees to a Chromium for the browser tests, or says that they will be skipped.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done
apt_install chromium || say "no chromium or google-chrome on the PATH: the browser tests will be skipped"
