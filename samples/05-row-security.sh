#!/usr/bin/env bash
# Tokens and row-level security: Ann and Bob of one tenant, and Cyd of another, work on one table; the policies of row-security.sql decide.
#   psql "$DATABASE" -f samples/row-security.sql
#   ConnectionStrings__Batch=… Auth__Mode=Jwt Auth__SigningKey="$BATCH_KEY" Auth__Issuer=samples Auth__Audience=batch \
#     Auth__DatabaseRoleClaim=role dotnet run --project src/BatchService
# BATCH_KEY is that signing key, of at least 32 bytes; BATCH_URL names another service than the local one. Needs openssl.
set -euo pipefail
url=${BATCH_URL:-http://127.0.0.1:5080}
: "${BATCH_KEY:?the signing key of the service}"

encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# token SUBJECT TENANT: a token for five minutes, signed with HS256.
token() {
  local head body
  head=$(printf '{"alg":"HS256","typ":"JWT"}' | encode)
  body=$(printf '{"iss":"samples","aud":"batch","sub":"%s","tenant":"%s","role":"authenticated","scope":"batch:read batch:write batch:delete","exp":%d}' \
    "$1" "$2" "$(($(date +%s) + 300))" | encode)
  printf '%s.%s.%s' "$head" "$body" "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -hmac "$BATCH_KEY" -binary | encode)"
}

pretty() { if command -v jq >/dev/null; then jq -c "$1"; else cat; fi; }

# batch TOKEN JQ-FILTER: sends the operations on standard input.
batch() { curl -sS "$url/batch" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data-binary @- | pretty "$2"; }

ann=$(token ann red) bob=$(token bob red) cyd=$(token cyd blue)

echo '# Ann writes two rows; owner and tenant come from her token.'
batch "$ann" '.results[].data' <<<'{"operations":[{"entity":"todo","action":"create","store_params":[{"task":"water the plants"},{"task":"feed the cat"}]}]}'
echo '# Bob, of the same tenant, sees them.'
batch "$bob" '.results[].data' <<<'{"operations":[{"entity":"todo","action":"read","metadata_params":{"properties":"owner,task"}}]}'
echo '# He does not change them: 404, as if they were not there.'
batch "$bob" '[.status,.code,.detail]' <<<'{"operations":[{"entity":"todo","action":"update","query_params":{"owner":"ann"},"store_params":{"done":true}}]}'
echo '# He does not write in her name: 403.'
batch "$bob" '[.status,.code,.detail]' <<<'{"operations":[{"entity":"todo","action":"create","store_params":{"task":"forged","owner":"ann"}}]}'
echo '# Cyd, of another tenant, sees nothing.'
batch "$cyd" '.results[].data' <<<'{"operations":[{"entity":"todo","action":"read"}]}'
echo '# Without a token: 401.'
batch '' '[.status,.code,.detail]' <<<'{"operations":[{"entity":"todo","action":"read"}]}'
echo '# Ann removes her rows.'
batch "$ann" '.results[].affected' <<<'{"operations":[{"entity":"todo","action":"delete","query_params":{"owner":"ann"}}]}'
