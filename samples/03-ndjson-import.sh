#!/usr/bin/env bash
# 1,000 invoice lines as NDJSON, one row a line; the answer is one result a line as its chunk commits, and a summary at the end.
# Needs the sample database (--sample chinook). BATCH_URL names another service than the local one.
set -euo pipefail
url=${BATCH_URL:-http://127.0.0.1:5080}

rows() {
  awk 'BEGIN {
    for (i = 0; i < 1000; i++)
      printf "{\"invoice_id\":%d,\"track_id\":%d,\"unit_price\":0.99,\"quantity\":%d}\n", 1 + i % 412, 1 + i * 7 % 3503, 1 + i % 3
  }'
}

# Upload from standard input (-T -) sends rows as they are made; --data-binary would collect them first. -N prints results as they come.
rows | curl -sS -N --fail-with-body -X POST -T - "$url/entities/invoice_line/batch?action=create&atomic=false&continueOnError=true" \
  -H 'Content-Type: application/x-ndjson' -H 'Accept: application/x-ndjson'
