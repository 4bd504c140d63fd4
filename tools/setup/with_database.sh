#!/bin/sh
# Runs a command against a database: tools/setup/with_database.sh sqlite|postgresql|mariadb COMMAND...
#
# The command gets `--database-url URL` appended (nothing for SQLite, the default). The server is the one that DATABASE_URL
# names; else the one on the usual local port, if it lets us into its database `test` without a password; else a private one,
# in a temporary folder and on a free port, which is gone when the command has ended.
set -eu
cd "$(dirname "$0")/../.."
. tools/setup/lib.sh

name=$1
shift

free_port() { .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Database servers refuse to run as root.
as_user() {
    user=$1
    shift
    if [ "$(id -u)" = 0 ]; then runuser -u "$user" -- "$@"; else "$@"; fi
}

private_folder() {
    folder=$(mktemp -d)
    trap 'stop_server; rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    if [ "$(id -u)" = 0 ]; then chown "$1" "$folder"; fi
    port=$(free_port)
    say "starting a private $name server on port $port"
}

# --- PostgreSQL

postgresql_usual=postgresql://postgres@127.0.0.1:5432/test
postgresql_answers() { psql --no-password --quiet --command 'SELECT 1' "$1" >/dev/null 2>&1; }

# Debian keeps the server's programs off the PATH.
postgresql_programs() {
    find /usr/lib/postgresql /opt/homebrew/opt /usr/local/opt -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname
}

postgresql_start() {
    programs=$(postgresql_programs)
    if [ -z "$programs" ]; then
        apt_install postgresql || die "No PostgreSQL server here. Install one, or name yours: DATABASE_URL=$postgresql_usual"
        programs=$(postgresql_programs)
    fi
    stop_server() { as_user postgres "$programs/pg_ctl" -D "$folder/data" -m fast -w stop >/dev/null 2>&1 || true; }
    private_folder postgres
    as_user postgres "$programs/initdb" -D "$folder/data" -U postgres --auth=trust -E UTF8 --no-sync >"$folder/log" 2>&1
    as_user postgres "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$folder'" start >"$folder/log" 2>&1 ||
        { cat "$folder"/*log >&2; die "PostgreSQL did not start."; }
    as_user postgres "$programs/createdb" -h 127.0.0.1 -p "$port" -U postgres test
    url=postgresql://postgres@127.0.0.1:$port/test
}

# --- MariaDB

mariadb_usual=mariadb://root@127.0.0.1:3306/test
mariadb_answers() { mariadb --no-defaults -h 127.0.0.1 -P "${2:-3306}" -u root test -e 'SELECT 1' >/dev/null 2>&1; }

mariadb_start() {
    if ! command -v mariadb-install-db >/dev/null; then
        apt_install mariadb-server || die "No MariaDB server here. Install one, or name yours: DATABASE_URL=$mariadb_usual"
    fi
    stop_server() { [ -z "${server:-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true; }
    private_folder mysql
    as_user mysql mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal >"$folder/log" 2>&1 ||
        { cat "$folder/log" >&2; die "MariaDB could not be set up."; }
    # Not through as_user: the process that is ended at the end must be the server itself.
    if [ "$(id -u)" = 0 ]; then set -- --user=mysql; else set --; fi
    "$(PATH=$PATH:/usr/sbin command -v mariadbd)" --no-defaults "$@" --datadir="$folder/data" --port="$port" \
        --bind-address=127.0.0.1 --socket="$folder/socket" --skip-name-resolve --character-set-server=utf8mb4 >"$folder/server.log" 2>&1 &
    server=$!
    for _ in $(seq 60); do
        if mariadb_answers test "$port"; then break; fi
        sleep 0.5
    done
    mariadb_answers test "$port" || { cat "$folder/server.log" >&2; die "MariaDB did not start."; }
    url=mariadb://root@127.0.0.1:$port/test
}

case $name in
sqlite)
    if [ -z "${DATABASE_URL:-}" ]; then exec "$@"; fi
    ;;
postgresql | mariadb) ;;
*) die "DB=$name is not known: sqlite, postgresql or mariadb" ;;
esac

if [ -n "${DATABASE_URL:-}" ]; then
    url=$DATABASE_URL
else
    eval "usual=\$${name}_usual"
    if "${name}_answers" "$usual"; then url=$usual; else "${name}_start"; fi
fi
"$@" --database-url "$url"
