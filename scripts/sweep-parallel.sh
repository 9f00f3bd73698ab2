#!/usr/bin/env bash
# Plays a sweep in parts, as many at once as there are processors, and writes them one
# behind the other: the bytes of one run. Each part is a process of its own, so that
# one that fails can be played again alone; on one machine exptool simulate with its
# threads does the same.
#
#   scripts/sweep-parallel.sh 8 sweep.csv --sweep amount=1:10:1 --reps 100 --by-rep --random-seed 42
set -euo pipefail

if (($# < 3)); then
    echo 'usage: scripts/sweep-parallel.sh PARTS OUTPUT FLAGS…' >&2
    echo '  FLAGS are those of exptool simulate, --random-seed among them' >&2
    exit 2
fi
parts=$1 output=$2
shift 2

scratch=$(mktemp -d "$output.parts.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
part=(exptool simulate "$@" --threads 1 --shard "{}/$parts" --output "$scratch/{}")
if parallel --version 2>/dev/null | grep -q GNU; then
    seq "$parts" | parallel --halt now,fail=1 -q "${part[@]}"
else
    seq "$parts" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I {} "${part[@]}"
fi
for ((i = 1; i <= parts; i++)); do
    cat "$scratch/$i"
done >"$scratch/all"
mv "$scratch/all" "$output"
