#!/usr/bin/env bash
# Attacks the programs: all tests that damage, kill, race or mislead them (release profile, 200 kills), then
# fuzzing where nightly Rust is present. What each group does: docs/robustness.md.
#
#     scripts/attacks.sh [GROUP]...    # tables, processes, inputs, signals, reports, fuzz; all by default
#
# SYNAPSE_KILLS: how often a process is killed at a random moment [200]
# FUZZ_SECONDS: for each target of scripts/fuzz.sh [60]
# A group that fails does not keep the others from running; the exit code is 1 if one did.
set -euo pipefail
cd "$(dirname "$0")/.."

export SYNAPSE_KILLS=${SYNAPSE_KILLS:-200}

# Tests of a package.
attack() {
    local package=$1 test
    shift
    local tests=()
    for test in "$@"; do
        tests+=(--test "$test")
    done
    cargo test --release --no-fail-fast -p "$package" "${tests[@]}"
}

run() {
    case $1 in
    tables) attack synapse-runner tables_belong verdict ;;
    processes) attack synapse-runner locks writers survival sharing ;;
    inputs) attack synapse-runner command_line memory submit ;;
    signals) attack synapse-runner signals signal_studies ;;
    reports) attack synapse-report report_cli report_inputs figures ;;
    # Without nightly Rust it checks the seeds alone, and says so.
    fuzz) scripts/fuzz.sh "${FUZZ_SECONDS:-60}" ;;
    esac
}

if (($# == 0)); then
    set -- tables processes inputs signals reports fuzz
fi
for group in "$@"; do
    case $group in
    tables | processes | inputs | signals | reports | fuzz) ;;
    *)
        echo "usage: scripts/attacks.sh [tables|processes|inputs|signals|reports|fuzz]..." >&2
        exit 2
        ;;
    esac
done

failed=()
for group in "$@"; do
    printf '\n== %s\n' "$group"
    run "$group" || failed+=("$group")
done
if ((${#failed[@]})); then
    printf '\nfailed: %s\n' "${failed[*]}" >&2
    exit 1
fi
