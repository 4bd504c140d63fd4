# Shared by the scripts in this folder; source it from the repository's root. POSIX sh, so that macOS's shell does as well.

# One line per step, so that nobody has to guess what takes its time.
say() { printf '%s\n' "· $*"; }

die() {
    printf '%s\n' "! $*" >&2
    exit 1
}

# A short name for the contents of the files given: the same contents give the same name, whatever their times.
fingerprint() { cat "$@" | cksum | tr ' ' '-'; }

can_apt_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Debian's packages, when we are root where there is apt-get. Its talk is shown only when it fails.
apt_install() {
    can_apt_install || return 1
    say "installing $* (apt-get)"
    log=$(mktemp)
    if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
        >"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 20 "$log" >&2
        rm -f "$log"
        return 1
    fi
}
