#!/bin/sh
# Attests every commit of a git repository in one call, as an ingestion does: all of them or none.
# Arguments: the repository (default: this folder), then what git log takes (default: HEAD). BATCH_URL names another service than the
# local one. The answer lists no attestations (return=minimal) but a result for each commit, with the id that it got.
set -eu
url=${BATCH_URL:-http://127.0.0.1:5080}
repo=${1:-.}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- HEAD
name=$(basename "$(git -C "$repo" rev-parse --show-toplevel)")
git -C "$repo" rev-list --max-count=1 "$@" >/dev/null

# Messages hold anything but NUL, so git ends each commit by one; tr makes it 0x1E, which awk can read, and of an 0x1E in a message a blank.
# What is no UTF-8 is left out.
commands() {
  git -C "$repo" log -z --reverse --encoding=UTF-8 --format='%H%n%aI%n%an <%ae>%n%B' "$@" | tr '\036\000' ' \036' | iconv -c -f UTF-8 -t UTF-8 |
    NAME=$name LC_ALL=C awk '
      function text(value,   result, place, letter) {
        for (place = 1; place <= length(value); place++) {
          letter = substr(value, place, 1)
          result = result (letter in escaped ? escaped[letter] : letter)
        }
        return "\"" result "\""
      }
      BEGIN {
        RS = "\036"; FS = "\n"
        for (code = 1; code < 32; code++)
          escaped[sprintf("%c", code)] = sprintf("%cu%04x", 92, code)
        escaped["\""] = sprintf("%c\"", 92)
        escaped[sprintf("%c", 92)] = sprintf("%c%c", 92, 92)
        printf "{\"commands\":["
      }
      NF >= 3 {
        message = $4
        for (line = 5; line <= NF; line++)
          message = message "\n" $line
        sub(/\n+$/, "", message)
        printf "%s\n{\"subjects\":[%s],\"predicates\":[\"ingested\"],\"contexts\":[\"ixgest-git\"],\"timestamp\":%s,", \
          count++ ? "," : "", text($1), text($2)
        printf "\"attributes\":{\"repo\":%s,\"author\":%s,\"message\":%s}}", text(ENVIRON["NAME"]), text($3), text(message)
      }
      END { print "]}" }'
}

commands "$@" | curl -sS --fail-with-body "$url/attestations/batch" -H 'Content-Type: application/json' -H 'Prefer: return=minimal' --data-binary @-
