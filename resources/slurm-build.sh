#!/bin/bash
# Builds a database as Slurm jobs: for each of the three stages (with details four) an array job, a task a shard, and a job that
# merges.
#
#   slurm-build.sh SHARDS OUT OPTION...     options as of `dfi database build`, but for --out, --shard and --basis
#
# Pictures, labels and OUT must be where all nodes see them, and so must be the weights.  How much a task gets is said in
# Slurm's own variables, for instance SBATCH_TIMELIMIT=2:00:00 SBATCH_PARTITION=short; a task needs one processor and 1 GB for the
# bundled network; with details at 320 pixels it needs DFI_MEMORY=2G.  A task that Slurm requeues goes on where it was; after a failure, call this again with the same arguments:
# shards that are complete are not built again.
set -eu
dfi=${DFI:-dfi}

if [ -z "${SLURM_JOB_ID:-}" ]; then    # called by a person: hand in the jobs
  shards=$1 out=$2; shift 2
  after=
  case " $* " in *" --detail-rows"[\ =][1-9]*) last=4 ;; *) last=3 ;; esac    # details take a stage more
  for ((stage = 1; stage <= last; stage++)); do
    array=$(sbatch --parsable --requeue --mem="${DFI_MEMORY:-1G}" --array="1-$shards" $after --job-name="dfi-stage$stage" \
                   "$0" "$stage" "$last" "$shards" "$out" "$@")
    merge=$(sbatch --parsable --requeue --mem="${DFI_MEMORY:-1G}" --dependency="afterok:$array" --kill-on-invalid-dep=yes \
                   --job-name="dfi-merge$stage" "$0" "$stage" "$last" "$shards" "$out")
    after="--dependency=afterok:$merge --kill-on-invalid-dep=yes"
  done
  echo "The database will be $out when job $merge is done."
  exit
fi

stage=$1 last=$2 shards=$3 out=$4; shift 4
basis=$out.basis$((stage - 1)) next=$out.basis$stage
[ "$stage" = "$last" ] && next=$out
export OPENBLAS_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then    # a shard
  part=$out.stage$stage.$SLURM_ARRAY_TASK_ID
  [ -e "$part" ] || [ -e "$next" ] && exit
  [ "$stage" = 1 ] || set -- "$@" --basis "$basis"
  exec "$dfi" database build "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards" --out "$part"
fi

parts=()    # a merge
for ((i = 1; i <= shards; i++)); do parts+=("$out.stage$stage.$i"); done
[ -e "$next" ] || "$dfi" database merge "${parts[@]}" --out "$next"
rm -f "${parts[@]}" "$basis"
