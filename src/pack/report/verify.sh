#!/bin/sh
# Verifies this pack with sh, sha256sum and jq, without the program that wrote it.
#
#   sh verify.sh                 every file against manifest.json
#   sh verify.sh CLONE           and the population against a clone of the repository (needs git)
#
# Exit code 0: everything agrees. 6: something differs; it is named. 5: a tool or a file is missing.
set -u
export LC_ALL=C
cd "$(dirname "$0")" || exit 5
for tool in sha256sum jq find sort comm; do
  command -v "$tool" >/dev/null || { echo "this needs $tool" >&2; exit 5; }
done
bad=0
differs() { echo "$*"; bad=6; }
work=$(mktemp -d) || exit 5
trap 'rm -rf "$work"' EXIT

# 1. The files that are here are the files that the manifest names.
jq -r '.files[].path' manifest.json | sort >"$work/said" || exit 5
find . ! -type d | sed 's|^\./||' | grep -v '^manifest\.json$' | sort >"$work/found"
for path in $(comm -23 "$work/said" "$work/found"); do differs "$path: missing"; done
comm -13 "$work/said" "$work/found" >"$work/extra"
while IFS= read -r path; do differs "$path: extra"; done <"$work/extra"
find . ! -type d ! -type f >"$work/odd"
while IFS= read -r path; do differs "$path: not a plain file"; done <"$work/odd"

# 2. Each has the SHA-256 that the manifest says.
jq -r '.files[] | (.digest | ltrimstr("sha256:")) + "  " + .path' manifest.json >"$work/sums"
sha256sum --check --quiet "$work/sums" 2>/dev/null || bad=6

# 3. Each record of a chain names the one before it, and the files beside it.
for chain in records/*/; do
  [ -d "$chain" ] || continue
  before=null
  for record in "$chain"*/; do
    entry="${record}record.json"
    [ "$(jq -r .previous "$entry")" = "$before" ] || differs "$entry: does not follow the record before"
    before="sha256:$(sha256sum <"$entry" | cut -d' ' -f1)"
    for part in decision:decision.json policy:policy.toml facts:facts.json; do
      file="$record${part#*:}"
      [ -f "$file" ] || continue
      said=$(jq -r ".${part%%:*} | if type == \"object\" then .digest else . end" "$entry")
      [ "$said" = "sha256:$(sha256sum <"$file" | cut -d' ' -f1)" ] || differs "$file: not what $entry names"
    done
  done
done

# 4. Each snapshot of a branch names the one before it, and each sealed decision is sealed.
for chain in snapshots/*/; do
  [ -d "$chain" ] || continue
  before=null
  for snapshot in "$chain"*.json; do
    [ "$(jq -r .previous "$snapshot")" = "$before" ] || differs "$snapshot: does not follow the snapshot before"
    before="sha256:$(sha256sum <"$snapshot" | cut -d' ' -f1)"
  done
done
for sealed in decisions/*.json; do
  [ -f "$sealed" ] || continue
  [ "$(jq -r .seal "$sealed")" = "sha256:$(head -n -2 "$sealed" | sha256sum | cut -d' ' -f1)" ] || differs "$sealed: its seal is broken"
done

# 5. In a clone, the branches hold the very commits that were counted.
if [ $# -gt 0 ]; then
  command -v git >/dev/null || { echo "this needs git" >&2; exit 5; }
  jq -r '.branches[] | select(.proof) | [.branch, .proof.range, .proof.first_parents, .proof.all_commits] | @tsv' audit.json >"$work/branches" || exit 5
  while IFS="$(printf '\t')" read -r branch range first all; do
    count=$(git -C "$1" rev-list --first-parent --reverse "$range" | sha256sum | cut -d' ' -f1)
    [ "$first" = "sha256:$count" ] || differs "$branch: other commits on the first-parent line"
    count=$(git -C "$1" rev-list "$range" | sort | sha256sum | cut -d' ' -f1)
    [ "$all" = "sha256:$count" ] || differs "$branch: other commits in the period"
  done <"$work/branches"
fi

[ $bad -eq 0 ] && echo "everything agrees; the SHA-256 of manifest.json is $(sha256sum <manifest.json | cut -d' ' -f1)"
exit $bad
