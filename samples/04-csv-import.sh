#!/usr/bin/env bash
# Customers as CSV, some of them bad: the good ones are stored, each bad one is reported with its index, its column and its code.
# Needs the sample database (--sample chinook). BATCH_URL names another service than the local one.
set -euo pipefail
url=${BATCH_URL:-http://127.0.0.1:5080}

pretty() { if command -v jq >/dev/null; then jq .; else cat; fi; }

answer=$(mktemp -d)
trap 'rm -rf "$answer"' EXIT

# Rows count from 0, without the header. Bad are 1 (no email), 3 (last_name is longer than 20), 4 (no such employee), 6 (not a number).
curl -sS "$url/entities/customer/batch?action=create&atomic=false&continueOnError=true" \
  -H 'Content-Type: text/csv' -H 'Accept: application/json' --data-binary @- -D "$answer/head" -o "$answer/body" <<'CSV'
first_name,last_name,email,company,country,support_rep_id
Alan,Turing,alan@example.com,"Bletchley Park, Hut 8",United Kingdom,3
Barbara,Liskov,,MIT,USA,4
Edsger,Dijkstra,edsger@example.com,"Known for ""goto""",Netherlands,5
Donald,Knuth-of-the-very-long-name,donald@example.com,,USA,3
Katherine,Johnson,katherine@example.com,NASA,USA,999
Margaret,Hamilton,margaret@example.com,NASA,USA,4
Tony,Hoare,tony@example.com,,United Kingdom,three
Radia,Perlman,radia@example.com,DEC,USA,
CSV
grep -iE '^(HTTP/|Batch-)' "$answer/head"
pretty <"$answer/body"
