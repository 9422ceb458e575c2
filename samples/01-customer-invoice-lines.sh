#!/usr/bin/env bash
# A customer, an invoice and two lines in one transaction: the keys that the database gives are handed on by reference.
# Needs the sample database (--sample chinook). BATCH_URL names another service than the local one.
set -euo pipefail
url=${BATCH_URL:-http://127.0.0.1:5080}

pretty() { if command -v jq >/dev/null; then jq .; else cat; fi; }

curl -sS --fail-with-body "$url/batch" -H 'Content-Type: application/json' --data-binary @- <<'JSON' | pretty
{
  "operations": [
    {
      "id": "cust",
      "entity": "customer",
      "action": "create",
      "store_params": {
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "city": "London", "country": "United Kingdom",
        "support_rep_id": 3
      }
    },
    {
      "id": "inv",
      "entity": "invoice",
      "action": "create",
      "store_params": {
        "customer_id": "$ref:cust.customer_id",
        "invoice_date": "2026-01-15T00:00:00",
        "billing_city": "$ref:cust.city",
        "billing_country": "$ref:cust.country",
        "total": 2.97
      }
    },
    {
      "id": "line_1",
      "entity": "invoice_line",
      "action": "create",
      "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 1, "unit_price": 0.99, "quantity": 1 }
    },
    {
      "id": "line_2",
      "entity": "invoice_line",
      "action": "create",
      "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 2, "unit_price": 0.99, "quantity": 2 }
    }
  ]
}
JSON
