# What tests need and a machine may lack. Sourced by scripts/test.

# Debian packages, installed when we may; otherwise a sentence that says what is missing.
install_packages() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        if [ -z "${apt_updated:-}" ]; then
            apt-get update -qq
            apt_updated=1
        fi
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "The tests need the Debian packages: $*. Install them, or run as root to have them installed." >&2
        exit 1
    fi
}

# ensure_command COMMAND PACKAGE
ensure_command() {
    command -v "$1" >/dev/null || install_packages "$2"
}

# PostgreSQL's own programs live outside PATH on Debian.
postgres_bin() {
    local candidate
    if command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
        return
    fi
    for candidate in /usr/lib/postgresql/*/bin; do
        [ -x "$candidate/initdb" ] && echo "$candidate" && return
    done
    return 1
}

as_postgres() {
    # PostgreSQL refuses to run as root.
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Starts a PostgreSQL on a private port in a temporary folder, stopped when the script ends, and exports
# FANVINE_TEST_POSTGRES. One that is given by that variable is used as it is.
start_postgres() {
    [ -z "${FANVINE_TEST_POSTGRES:-}" ] || return 0
    local bin port
    bin=$(postgres_bin) || { install_packages postgresql; bin=$(postgres_bin); }
    postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/fanvine-postgres.XXXXXX")
    chmod 755 "$postgres_dir"
    [ "$(id -u)" != 0 ] || chown postgres "$postgres_dir"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    as_postgres "$bin/initdb" -D "$postgres_dir/data" -U fanvine -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
    as_postgres "$bin/pg_ctl" -D "$postgres_dir/data" -w -l "$postgres_dir/log" \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgres_dir -c max_connections=300" start >/dev/null
    trap 'as_postgres "'"$bin"'/pg_ctl" -D "$postgres_dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$postgres_dir"' EXIT
    export FANVINE_TEST_POSTGRES="postgres://fanvine@127.0.0.1:$port/postgres"
    echo "PostgreSQL: $FANVINE_TEST_POSTGRES"
}

# The real client libraries, each from its own registry, kept beside the build.
ensure_clients() {
    export FANVINE_CLIENTS="$CARGO_TARGET_DIR/clients"
    mkdir -p "$FANVINE_CLIENTS"
    cp tests/clients/package.json tests/clients/package-lock.json "$FANVINE_CLIENTS/"
    # Installed anew when the list has changed.
    cmp -s tests/clients/package-lock.json "$FANVINE_CLIENTS/node_modules/.installed" || {
        # Not `ci`: the lock leaves out other systems' optional parts where the registry does not hand them out.
        npm --prefix "$FANVINE_CLIENTS" install --no-save --no-audit --no-fund
        cp tests/clients/package-lock.json "$FANVINE_CLIENTS/node_modules/.installed"
    }
    ensure_command python3 python3
    if [ ! -x "$FANVINE_CLIENTS/python/bin/python" ]; then
        python3 -m venv "$FANVINE_CLIENTS/python" 2>/dev/null || { install_packages python3-venv; python3 -m venv "$FANVINE_CLIENTS/python"; }
    fi
    cmp -s tests/clients/requirements.txt "$FANVINE_CLIENTS/python/.installed" || {
        "$FANVINE_CLIENTS/python/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
        cp tests/clients/requirements.txt "$FANVINE_CLIENTS/python/.installed"
    }
}

ensure_chromium() {
    if [ -z "${CHROMIUM:-}" ]; then
        CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
        [ -n "$CHROMIUM" ] || { install_packages chromium fonts-noto-cjk; CHROMIUM=$(command -v chromium); }
        export CHROMIUM
    fi
}
