#!/usr/bin/env bash
# The first minute: installs what is missing (Debian 12, as root), builds, and serves with the embedded Redis and a demo:
# an account, a product's redirection, and three commands to paste. Ends with Ctrl-C; data stays in ./data.
# Usage: deploy/run.sh [options of `redirector serve`]
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh deploy/packages.txt
echo "Building (the first time takes some minutes) ..."
cmake --preset release >/dev/null
cmake --build --preset release

# The demo must knock where the server will listen.
listen=${REDIRECTOR_LISTEN:-127.0.0.1:8080}
api=${REDIRECTOR_API_LISTEN:-127.0.0.1:8081}
data=${REDIRECTOR_DATA_DIR:-./data}
for ((i = 1; i <= $#; i++)); do
    next=$((i + 1))
    case ${!i} in
        --listen) listen=${!next} ;;
        --listen=*) listen=${!i#*=} ;;
        --api-listen) api=${!next} ;;
        --api-listen=*) api=${!i#*=} ;;
        --data-dir) data=${!next} ;;
        --data-dir=*) data=${!i#*=} ;;
    esac
done

mkdir -p "$data"
key_file=$data/demo-api-key
if [ ! -s "$key_file" ]; then
    (umask 077 && LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 80 >"$key_file") || [ -s "$key_file" ]
fi
key=$(cat "$key_file")

# In the environment, since every user of the machine can read a command line.
REDIRECTOR_INITIAL_API_KEY=$key build/release/redirector serve "$@" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' INT TERM EXIT
for _ in $(seq 100); do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }  # it has said why
    curl -fsS "http://$api/readyz" >/dev/null 2>&1 && break
    sleep 0.2
done

# One demo per data folder: a product, a redirection to its page, and a rule that sends phones elsewhere.
call() {  # call METHOD PATH BODY: the answer's document
    curl -fsS -X "$1" "http://$api$2" -H "Authorization: $key" -H 'Accept: application/json' \
        -H 'Content-Type: application/json' -d "$3"
}
demo_file=$data/demo-short-id
if [ ! -s "$demo_file" ]; then
    product=$(call POST /products '{"name": "Demo shoe", "tags": ["demo"]}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    call PUT /redirector '{"rules": [{"name": "phones", "match": "device.type=mobile&product.tags=demo",
                           "redirectUrl": "https://example.com/phone/{product.name}"}]}' >/dev/null
    call POST /redirections "{\"type\": \"product\", \"evrythngId\": \"$product\",
        \"defaultRedirectUrl\": \"https://example.com/{productId}\"}" | sed 's/.*"shortId":"\([^"]*\)".*/\1/' >"$demo_file"
fi
short_id=$(cat "$demo_file")

cat <<TEXT

  short URL   http://$listen/$short_id
  QR code     http://$listen/$short_id.png
  API key     $key

Try it in another terminal:

  curl -i http://$listen/$short_id
  curl -o code.png 'http://$listen/$short_id.png?w=300'
  curl -H 'Authorization: $key' http://$api/redirections/$short_id

The first one again with -A 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)' follows the demo rule for phones.
Ctrl-C stops the server; nothing is lost.

TEXT
status=0
wait "$server" || status=$?
# Interrupted by the trap: wait again for the orderly end.
if kill -0 "$server" 2>/dev/null; then
    status=0
    wait "$server" || status=$?
fi
exit "$status"
