#!/bin/sh
# Sees to a Mosquitto for the tests with stations over MQTT, or says that they will be skipped.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

# Debian keeps the broker in /usr/sbin, which is not on every user's PATH.
if command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ]; then
    exit 0
fi
apt_install mosquitto || say "no mosquitto on the PATH: the tests with stations over MQTT will be skipped"
