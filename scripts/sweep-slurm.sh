#!/usr/bin/env bash
#SBATCH --job-name=sweep
#SBATCH --array=1-64
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#SBATCH --output=%x-%A_%a.log
# Plays a sweep as an array job of SLURM, each task a part. Give it the flags of
# exptool simulate, and put the parts together when all are there:
#
#   sbatch --array=1-64 scripts/sweep-slurm.sh --sweep amount=1:10:1 --reps 100000 --by-rep --random-seed 42
#   cat parts/*.csv >sweep.csv
#
# A part that failed is played again with sbatch --array=17 --export=ALL,PARTS=64 …
set -euo pipefail

mkdir -p parts
exec exptool simulate "$@" \
    --threads "${SLURM_CPUS_PER_TASK:-1}" \
    --shard "$SLURM_ARRAY_TASK_ID/${PARTS:-$SLURM_ARRAY_TASK_COUNT}" \
    --output "$(printf 'parts/%06d.csv' "$SLURM_ARRAY_TASK_ID")"
