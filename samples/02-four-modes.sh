#!/usr/bin/env bash
# One batch with a failing line (there is no such track), in all four modes: what is stored, and what the answer says of each item.
# Needs the sample database (--sample chinook). BATCH_URL names another service than the local one.
set -euo pipefail
url=${BATCH_URL:-http://127.0.0.1:5080}

pretty() { if command -v jq >/dev/null; then jq .; else cat; fi; }

# The last operation waits for the failing one: it is skipped where the others go on.
batch() {
  cat <<JSON
{
  "operations": [
    { "id": "cust", "entity": "customer", "action": "create",
      "store_params": { "first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com" } },
    { "id": "inv", "entity": "invoice", "action": "create",
      "store_params": { "customer_id": "\$ref:cust.customer_id", "invoice_date": "2026-01-15T00:00:00", "total": 0.99 } },
    { "id": "line_bad", "entity": "invoice_line", "action": "create",
      "store_params": { "invoice_id": "\$ref:inv.invoice_id", "track_id": 999999, "unit_price": 0.99, "quantity": 1 } },
    { "id": "line_good", "entity": "invoice_line", "action": "create",
      "store_params": { "invoice_id": "\$ref:inv.invoice_id", "track_id": 1, "unit_price": 0.99, "quantity": 1 } },
    { "id": "gift", "entity": "invoice_line", "action": "create", "depends_on": ["line_bad"],
      "store_params": { "invoice_id": "\$ref:inv.invoice_id", "track_id": 2, "unit_price": 0, "quantity": 1 } }
  ],
  "options": { "atomic": $1, "continueOnError": $2 }
}
JSON
}

answer=$(mktemp -d)
trap 'rm -rf "$answer"' EXIT

for atomic in true false; do
  for continue_on_error in false true; do
    printf '\n== atomic: %s, continueOnError: %s\n' "$atomic" "$continue_on_error"
    # No --fail: none of the four answers is a plain 200, and that is the point.
    batch "$atomic" "$continue_on_error" |
      curl -sS "$url/batch" -H 'Content-Type: application/json' --data-binary @- -D "$answer/head" -o "$answer/body"
    grep -iE '^(HTTP/|Batch-)' "$answer/head"
    pretty <"$answer/body"
    echo
  done
done
