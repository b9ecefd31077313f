#!/bin/bash
# One sweep shared by the tasks of a SLURM job array, without Dask: every task computes its share of the same chunks
# into the same folder. Give the words of the sweep behind the script, out= on a file system that all nodes share:
#
#   sbatch --array=1-8 configs/executor/slurm_array.sh case=SE-JKP design=sobol ... out=/shared/me/study
#
# Afterwards the same words without a share fill what is missing and finish the sweep:
#
#   LAST=1 sbatch --dependency=afterany:JOB configs/executor/slurm_array.sh case=SE-JKP design=sobol ... out=/shared/me/study
#
# COPROD names the program where it is not on the path, such as .venv/bin/coprod. SHARES is the number of shares where the
# array holds only some of them: SHARES=8 sbatch --array=3,5 ... does shares 3 and 5 of 8 again.

#SBATCH --job-name=coprod
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --output=coprod-%A_%a.log

set -euo pipefail

refuse() {
  echo "$1" >&2
  exit 2
}

[[ " $* " == *" out="* ]] || refuse "Give out=FOLDER on a file system that all nodes share; each task would make a folder of its own."
threads=${SLURM_CPUS_PER_TASK:-1}
if [[ ${LAST:-} == 1 ]]; then
  exec "${COPROD:-coprod}" sweep "$@" "threads=$threads"
fi

number=${SLURM_ARRAY_TASK_ID:-}
shares=${SHARES:-${SLURM_ARRAY_TASK_COUNT:-}}
[[ $number && $shares ]] || refuse "This is a script for a job array: sbatch --array=1-8 $0 ... out=FOLDER"
if [[ -z ${SHARES:-} && ${SLURM_ARRAY_TASK_MIN:-1}-${SLURM_ARRAY_TASK_MAX:-$shares} != "1-$shares" ]]; then
  refuse "The array counts from ${SLURM_ARRAY_TASK_MIN:-1} to ${SLURM_ARRAY_TASK_MAX:-?} in $shares tasks. Count from 1, or set SHARES."
fi

exec "${COPROD:-coprod}" sweep "$@" "threads=$threads" figures=false "shard=$number/$shares"
