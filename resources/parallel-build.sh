#!/bin/bash
# Builds a database with GNU parallel, a shard a processor (or a machine: give parallel's --sshlogin in DFI_PARALLEL).
#
#   parallel-build.sh SHARDS OUT OPTION...     options as of `dfi database build`, but for --out, --shard and --basis
#
# After an interruption, call it again with the same arguments: every shard goes on where it was.
set -eu
dfi=${DFI:-dfi} shards=$1 out=$2; shift 2
export OPENBLAS_NUM_THREADS=1
case " $* " in *" --detail-rows"[\ =][1-9]*) last=4 ;; *) last=3 ;; esac    # details take a stage more

for stage in $(seq $last); do
  basis=() next=$out.basis$stage
  [ "$stage" = 1 ] || basis=(--basis "$out.basis$((stage - 1))")
  [ "$stage" = $last ] && next=$out
  [ -e "$next" ] && continue
  # shellcheck disable=SC2086
  parallel --will-cite --quote --env OPENBLAS_NUM_THREADS ${DFI_PARALLEL:---jobs "$shards"} --halt now,fail=1 \
    "$dfi" database build "$@" "${basis[@]}" --shard "{}/$shards" --out "$out.stage$stage.{}" ::: $(seq "$shards")
  # shellcheck disable=SC2046
  "$dfi" database merge $(seq -f "$out.stage$stage.%g" "$shards") --out "$next"
  rm -f $(seq -f "$out.stage$stage.%g" "$shards")
done
rm -f "$out.basis1" "$out.basis2" "$out.basis3"
