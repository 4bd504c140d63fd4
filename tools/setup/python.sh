#!/bin/sh
# Makes or refreshes .venv from the hash-locked requirements: tools/setup/python.sh run|dev
#
# `run` is what the platform needs, `dev` adds the tools and tests. A stamp named after the lock files, pyproject.toml and
# the folder says that the work is done; while it stands, this returns at once. PYTHON=… chooses the interpreter.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

kind=$1
case $kind in
run) lock=requirements.lock ;;
dev) lock=requirements-dev.lock ;;
*) die "tools/setup/python.sh run|dev" ;;
esac

key=$(pwd | cat - requirements.lock requirements-dev.lock pyproject.toml | cksum | tr ' ' '-')
is_done() { [ -e ".venv/.stamp-$1-$key" ] && .venv/bin/python -c '' 2>/dev/null; }
if is_done "$kind" || is_done dev; then
    exit 0
fi

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Tried by running them: a name on the PATH may be a shim for a version that is not there.
find_python() {
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "No Python >= 3.11 found (tried: ${PYTHON:-python3.14 … python3.11, python3, python}). Install one, or name it: make setup PYTHON=/path/to/python3.12"
}

if ! is_new_enough .venv/bin/python; then
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install "python$version-venv" ||
            die "Python $version cannot make virtual environments. Install its package python$version-venv, then try again."
    fi
    say "making .venv with Python $version ($(command -v "$python"))"
    rm -rf .venv
    "$python" -m venv .venv
fi

say "installing the locked packages of $lock (about half a minute the first time)"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$lock"
say "installing Voltway itself, editable"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
# pip leaves this out where PYTHONDONTWRITEBYTECODE is set; without it every start takes two seconds more.
.venv/bin/python -m compileall -q -j 0 .venv/lib src || say "some files could not be compiled beforehand"
rm -f .venv/.stamp-*
touch ".venv/.stamp-$kind-$key"
