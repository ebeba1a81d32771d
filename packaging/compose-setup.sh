#!/bin/sh
# Makes what docker-compose.yml mounts as secrets, once: a password for PostgreSQL, the URL with it, Grantd's secret key.
#
# Compose hands a file to a container as it is, whatever uid, gid and mode it is told, and Grantd refuses a key that
# others can read. So each file belongs to the number that reads it in its container, and to nobody else. Giving a file
# away takes root: this machine's, or that of a container, whose numbers are then right for an engine without root too.
#
#     sudo packaging/compose-setup.sh
#     docker run --rm -v "$PWD:/here" -w /here postgres:17 sh packaging/compose-setup.sh
set -eu
umask 077
cd -- "$(dirname -- "$0")/.."

postgres=999
grantd=65532

# keep NAME OWNER: standard input becomes secrets/NAME, which OWNER alone can read. One that is there is left alone.
keep() {
    if [ -e "secrets/$1" ]; then
        echo "secrets/$1 is there already" >&2
        return
    fi
    cat >"secrets/$1.new"
    chmod 0400 "secrets/$1.new"
    chown "$2:$2" "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "made secrets/$1" >&2
}

# The engine looks the files up; nobody lists them.
[ -d secrets ] || mkdir -m 0711 secrets

head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | keep postgres_password "$postgres"
echo "postgres://grantd:$(cat secrets/postgres_password)@database/grantd" | keep database_url "$grantd"
echo "grantd-key:$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')" | keep secret_key "$grantd"
