#!/bin/sh
# Make the secrets of compose.yaml in the folder secrets/ beside this file, once.
#
# They are never replaced: with another master key, pictures that are kept cannot be read, with
# another service secret, no API key is known.
set -eu
umask 022

folder="${1:-$(dirname "$0")/secrets}"
if [ -e "$folder" ]; then
    echo "$folder is there already; remove it yourself if nothing depends on it" >&2
    exit 1
fi

# base64 without what an address, TOML or a configuration file of Redis would take otherwise.
word() { head -c 48 /dev/urandom | base64 | tr -d '\n=+/'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# Containers read the files as users of their own, so the files are open and the folder is not.
mkdir -m 0700 "$folder"
postgres="$(word)"
redis="$(word)"
rabbitmq="$(word)"

printf '%s' "$postgres" > "$folder/postgres_password"
printf 'requirepass %s\n' "$redis" > "$folder/redis.conf"
printf 'default_user = studio\ndefault_pass = %s\n' "$rabbitmq" > "$folder/rabbitmq.conf"

settings() {
    cat <<END
[service]
database_url = "postgresql+psycopg://studio:$postgres@postgres/studio"
cache_url = "redis://:$redis@redis:6379/1"
broker_url = "$1"
service_secret = "$secret"
master_keys = ["$master"]
callback_secrets = ["whsec_$callback"]
END
}
secret="$(key)"
master="$(key)"
callback="$(key)"
settings "redis://:$redis@redis:6379/0" > "$folder/redis.toml"
settings "amqp://studio:$rabbitmq@rabbitmq:5672/" > "$folder/rabbitmq.toml"
echo "made $folder; keep a copy of it apart from the backups of the data" >&2
