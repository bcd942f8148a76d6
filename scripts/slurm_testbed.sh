#!/usr/bin/env bash
# A real Slurm on this one host, for tests: a controller and several nodes on loopback, everything
# they write under one folder. Needs root, and apt-get if Slurm and MUNGE are not there; no systemd.
#
#     scripts/slurm_testbed.sh start DIR [NODES]   start it; prints the path of its slurm.conf
#     scripts/slurm_testbed.sh stop DIR            end all of it; logs stay in DIR/log
#     scripts/slurm_testbed.sh crash DIR NODE      a node dies: kill its daemon and its jobs' processes
#     scripts/slurm_testbed.sh cut DIR NODE        a node is lost: kill its daemon, its jobs go on
#     scripts/slurm_testbed.sh revive DIR NODE     start the daemon of such a node again
#
# start on a running testbed only says where it is. Nodes are called n1, n2, ... From the environment:
#     TESTBED_CPUS            processors of each node, invented if need be      [2]
#     TESTBED_MAX_ARRAY_SIZE  Slurm's MaxArraySize                              [1001]
#     TESTBED_PORT            where the search for NODES + 1 free ports begins  [16817]
set -euo pipefail

# Seconds until the nodes must be idle, or a daemon gone.
PATIENCE=60

die() {
    printf 'slurm_testbed: %s\n' "$*" >&2
    exit 1
}

# Until a command succeeds.
poll() {
    local end=$((SECONDS + PATIENCE))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

install() {
    if type -P slurmctld slurmd sbatch munged >/dev/null; then
        return
    fi
    type -P apt-get >/dev/null || die "slurmctld, slurmd or munged is missing, and so is apt-get; install Slurm and MUNGE"
    {
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends slurm-wlm munge
    } >"$dir/log/apt.log" 2>&1 || fail_with_logs "apt-get could not install slurm-wlm and munge"
}

fail_with_logs() {
    local log
    for log in "$dir"/log/*.log; do
        printf '\n== the end of %s\n' "$log" >&2
        tail -n 25 "$log" >&2
    done
    stop
    die "$*"
}

# Whether there is such a process, and not only its remains: in a container nobody may collect them.
lives() {
    [[ $(ps -o stat= -p "$1") == [!Z]* ]]
}

# Whether the process of a pid file lives.
alive() {
    [[ -s $1 ]] && lives "$(<"$1")"
}

# end PIDFILE [SIGNAL]: waits until the process is gone.
end() {
    local pid
    alive "$1" || return 0
    pid=$(<"$1")
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    gone() { ! lives "$pid"; }
    poll gone || kill -KILL "$pid" 2>/dev/null || true
    rm -f "$1"
}

node_names() {
    seq -f 'n%g' 1 "$1"
}

# The first of so many ports in a row that nobody listens on: several testbeds may run at once.
free_ports() {
    local first=${TESTBED_PORT:-16817} port=0
    while ((port < $1)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$((first + port))") 2>/dev/null; then
            first=$((first + port + 1)) port=0
        else
            port=$((port + 1))
        fi
    done
    echo "$first"
}

configure() {
    local nodes=$1 host port cpus node
    host=$(hostname -s)
    port=$(free_ports $((nodes + 1)))
    cpus=${TESTBED_CPUS:-2}
    {
        cat <<CONF
ClusterName=testbed
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/%n.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
# Processors are what jobs share; nodes may claim more of them than the host has.
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MaxArraySize=${TESTBED_MAX_ARRAY_SIZE:-1001}
# A cluster in a hurry.
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=2
SlurmdTimeout=5
MessageTimeout=10
ReturnToService=2
CONF
        for node in $(node_names "$nodes"); do
            port=$((port + 1))
            echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$port CPUs=$cpus State=UNKNOWN"
        done
        echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
    } >"$conf"
    # No cgroups: containers may have none to give. Since 23.11 Slurm must be told so twice; before,
    # it does not know the word.
    if [[ $(printf '%s\n' "$(slurmd -V | grep -o '[0-9][0-9.]*')" 23.11 | sort --version-sort | head -n 1) == 23.11 ]]; then
        echo "CgroupPlugin=disabled" >"$dir/cgroup.conf"
    fi
}

start_munge() {
    local key=$dir/run/munge.key
    [[ -s $key ]] || (umask 077 && head -c 1024 /dev/urandom >"$key")
    # --force: the folder may lie where munged would not trust it, and this runs as root.
    munged --force --socket="$dir/run/munge.socket" --key-file="$key" --pid-file="$dir/run/munged.pid" \
        --log-file="$dir/log/munged.log" --seed-file="$dir/run/munge.seed" >>"$dir/log/munged.out.log" 2>&1 ||
        fail_with_logs "munged did not start"
}

start_node() {
    slurmd -f "$conf" -N "$1" >>"$dir/log/$1.out.log" 2>&1 || fail_with_logs "slurmd of node $1 did not start"
}

all_idle() {
    local states
    states=$(sinfo --noheader --Node --format=%T) || return 1
    [[ $(grep -c '^idle$' <<<"$states") -eq $1 ]]
}

start() {
    local nodes=${1:-2} node
    [[ $nodes =~ ^[1-9][0-9]*$ ]] || die "NODES is a number from 1 on, not \"$nodes\""
    ((EUID == 0)) || die "needs root: slurmd starts the tasks of a job as their user"
    mkdir -p "$dir"/{log,run,spool,state}
    if alive "$dir/run/slurmctld.pid"; then
        echo "$conf"
        return
    fi
    install
    configure "$nodes"
    start_munge
    slurmctld -f "$conf" >>"$dir/log/slurmctld.out.log" 2>&1 || fail_with_logs "slurmctld did not start"
    for node in $(node_names "$nodes"); do
        mkdir -p "$dir/spool/$node"
        start_node "$node"
    done
    poll all_idle "$nodes" || fail_with_logs "after $PATIENCE s not all of the $nodes nodes are idle"
    echo "$conf"
}

stop() {
    [[ -d $dir/run ]] || return 0
    local file
    if alive "$dir/run/slurmctld.pid"; then
        # Jobs first: their processes are no daemon's once the daemons are gone.
        scancel --state=PENDING 2>/dev/null || true
        scancel --state=RUNNING 2>/dev/null || true
        no_jobs() { [[ -z $(squeue --noheader) ]]; }
        poll no_jobs || true
    fi
    end "$dir/run/slurmctld.pid"
    for file in "$dir"/run/n*.pid; do
        [[ -e $file ]] && end "$file"
    done
    end "$dir/run/munged.pid"
}

# Ends the processes of a node's jobs: each knows its node and cluster from its environment, and hangs
# on a slurmstepd, which goes first.
end_jobs_of() {
    local environment process parent
    for environment in /proc/[0-9]*/environ; do
        grep --quiet --null-data --line-regexp --fixed-strings "SLURMD_NODENAME=$1" "$environment" 2>/dev/null &&
            grep --quiet --null-data --line-regexp --fixed-strings "SLURM_CONF=$conf" "$environment" || continue
        process=$(basename "$(dirname "$environment")")
        parent=$(ps -o ppid= -p "$process" | tr -d ' ')
        if [[ $(ps -o comm= -p "${parent:-1}") == slurmstepd ]]; then
            kill -KILL "$parent"
        fi
        kill -KILL "$process" 2>/dev/null || true
    done
}

case "${1:-} $#" in
"start 2" | "start 3" | "stop 2" | "crash 3" | "cut 3" | "revive 3") ;;
*) die "usage: start DIR [NODES] | stop DIR | crash DIR NODE | cut DIR NODE | revive DIR NODE" ;;
esac
dir=$(realpath --canonicalize-missing -- "$2")
conf=$dir/slurm.conf
export SLURM_CONF=$conf
case $1 in
start) start "${3:-}" ;;
stop) stop ;;
cut) end "$dir/run/$3.pid" KILL ;;
crash)
    end "$dir/run/$3.pid" KILL
    end_jobs_of "$3"
    ;;
revive) start_node "$3" ;;
esac
