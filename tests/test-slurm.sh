#!/bin/bash
# The scripts in resources/ that build a database in shards, on Slurm and with GNU parallel, against a build at once.  Slurm
# runs on this machine alone, for this test: its own configuration, keys and ports, in a temporary folder.
# Called with the program, the one that draws pictures, and the sources' folder.
dfi=$(realpath "$1") draw=$(realpath "$2") source=$(realpath "$3")
export LC_ALL=C.UTF-8 DFI=$dfi OPENBLAS_NUM_THREADS=1
export PATH=$PATH:/usr/sbin:/sbin

for program in munged slurmctld slurmd sbatch parallel; do
  command -v $program >/dev/null || { echo "1..0 # SKIP there is no $program"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP slurmd runs as root"; exit 0; }

work=$(mktemp -d)
pids=()
stop () {
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap stop EXIT
cd "$work" || exit 99

n=0
ok () { n=$((n + 1)); echo "ok $n $1"; }
not_ok () { n=$((n + 1)); echo "not ok $n $1"; sed 's/^/# /' log ./*.out ./*.log 2>/dev/null | tail -60; }

# ---------- a build at once ----------

"$draw" --draw pictures || exit 99
# Sums in another order round one of the basis' 4-bit numbers to the other side now and then; at this size one counts little enough.
options=(--images "$work/pictures" --labels "$work/pictures/labels.csv" --weights "$work/pictures/random-vgg19-2.safetensors"
         --frame 0,0,48,48 --eyes 14.4,18,33.6,18 --mouth 24,38 --size 96 --rows 12)
"$dfi" database build "${options[@]}" --out whole.st >log 2>&1 || { not_ok whole; echo 1..1; exit 1; }
"$dfi" database build "${options[@]}" --detail-rows 5 --out details.st >log 2>&1 || { not_ok details; echo 1..1; exit 1; }

compare () { "$draw" --compare "$1" "$2" pictures/random-vgg19-2.safetensors; }

# ---------- what belongs to another build ----------

"$dfi" database build "${options[@]}" --shard 1/1 --out other.part >log 2>&1 &&
  "$dfi" database merge other.part --out other.basis >>log 2>&1
if "$dfi" database build "${options[@]}" --rows 13 --shard 1/1 --basis other.basis --out other.part >log 2>&1
then not_ok other-build; elif grep -q 'other.basis.* other .* --restart' log; then ok other-build; else not_ok other-build; fi

# ---------- GNU parallel ----------

if "$source/resources/parallel-build.sh" 3 "$work/parallel.st" "${options[@]}" >log 2>&1 &&
   compare whole.st parallel.st >>log 2>&1 && [ "$(echo parallel.st*)" = parallel.st ]
then ok parallel; else not_ok parallel; fi

if "$source/resources/parallel-build.sh" 3 "$work/detailed.st" "${options[@]}" --detail-rows=5 >log 2>&1 &&
   compare details.st detailed.st >>log 2>&1 && [ "$(echo detailed.st*)" = detailed.st ]
then ok parallel-details; else not_ok parallel-details; fi

# ---------- Slurm ----------

slurm_start () {
  local host
  host=$(hostname -s)
  mkdir -p run state spool && chmod 755 "$work" run
  head -c 1024 /dev/urandom >munge.key && chmod 600 munge.key
  munged --foreground --force --socket="$work/run/munge" --key-file="$work/munge.key" --log-file="$work/munge.log" \
         --pid-file="$work/munge.pid" --seed-file="$work/munge.seed" --num-threads=2 >munged.out 2>&1 &
  pids+=($!)
  cat >slurm.conf <<END
ClusterName=dfi
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$((20000 + $$ % 10000 * 2))
SlurmdPort=$((20001 + $$ % 10000 * 2))
AuthType=auth/munge
AuthInfo=socket=$work/run/munge
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
  export SLURM_CONF=$work/slurm.conf
  slurmctld -D -f slurm.conf >slurmctld.out 2>&1 &
  pids+=($!)
  slurmd -D -f slurm.conf >slurmd.out 2>&1 &
  pids+=($!)
  for ((i = 0; i < 60; i++)); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && return 0
    kill -0 ${pids[-1]} 2>/dev/null || return 1
    sleep 0.5
  done
  return 1
}

# Slurmd wants control groups even where nothing is to be done with them, and a chroot or container may have none.
if slurm_start; then ok slurm-starts
elif grep -q 'Unable to initialize cgroup plugin' slurmd.out && [ "${CI-}" != true ]; then
  ok "slurm-starts # SKIP slurmd needs control groups: $(grep -m 1 -oE "(can't|cannot|Couldn't) .*" slurmd.out)"
  echo "1..$n"
  exit 0
else not_ok slurm-starts; echo "1..$n"; exit 1; fi

submit () { "$source/resources/slurm-build.sh" 3 "$work/$1" "${options[@]}" "${@:2}" >log 2>&1; }

wait_for_jobs () {
  for ((i = 0; i < 240; i++)); do
    [ -z "$(squeue -h 2>/dev/null)" ] && return 0
    sleep 0.5
  done
  return 1
}

if submit slurm.st && wait_for_jobs && compare whole.st slurm.st >>log 2>&1 && [ "$(echo slurm.st*)" = slurm.st ]
then ok slurm; else squeue >>log 2>&1; not_ok slurm; fi

if submit tasks.st --detail-rows 5 && wait_for_jobs && compare details.st tasks.st >>log 2>&1 && [ "$(echo tasks.st*)" = tasks.st ]
then ok slurm-details; else squeue >>log 2>&1; not_ok slurm-details; fi

echo "1..$n"
