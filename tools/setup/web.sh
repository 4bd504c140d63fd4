#!/bin/sh
# Installs the web workspace's packages, and builds its apps: tools/setup/web.sh install|build
#
# Stamps inside web/node_modules, named after the lock file and the sources, tell what is done already.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

is_new_enough() {
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}
is_new_enough ||
    die "The console needs Node >= 20.19 with npm (found: $(node --version 2>/dev/null || echo none)). The platform runs without it: make setup && .venv/bin/voltway run"

stamp=web/node_modules/.voltway-install-$(fingerprint web/package-lock.json)
if [ ! -e "$stamp" ]; then
    say "installing the web packages (npm ci, about half a minute the first time)"
    (cd web && npm ci --no-audit --no-fund --loglevel=error </dev/null)
    touch "$stamp"
fi
[ "$1" = build ] || exit 0

sources=$(find web \( -name node_modules -o -name dist -o -name '*.tsbuildinfo' \) -prune -o -type f -exec cksum {} + | sort -k 3 | cksum | tr ' ' '-')
stamp=web/node_modules/.voltway-build-$sources
is_built() {
    [ -e "$stamp" ] || return 1
    for app in web/apps/*/; do
        [ -e "${app}dist/index.html" ] || return 1
    done
}
if ! is_built; then
    say "building the web apps"
    (cd web && npm run --silent build </dev/null)
    rm -f web/node_modules/.voltway-build-*
    touch "$stamp"
fi
