#!/usr/bin/env bash
# Feeds the readers of specs, journals, tables, signals and lists of jobs with what nobody would write; fails if one panics,
# hangs, or takes much memory.
#
#     scripts/fuzz.sh [SECONDS_PER_TARGET]    # 20 by default; building takes minutes
#
# Needs nightly Rust (rustup toolchain install nightly); cargo-fuzz is installed if it is not there.
# Without nightly only the seeds are checked, as the tests do anyway. An input that made a target fail
# is kept in tests/fuzz/artifacts: once the reader is mended it belongs into tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-20}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: scripts/fuzz.sh [SECONDS_PER_TARGET]" >&2
    exit 2
fi
if ! rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
    echo "there is no nightly toolchain: only the seeds are checked" >&2
    exec cargo test --release -p synapse-runner --test fuzz_corpus
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    cargo install --locked cargo-fuzz
fi

fuzz() {
    cargo +nightly fuzz "$1" --fuzz-dir tests/fuzz --target-dir target/fuzz "${@:2}"
}

# All but the lines of progress: what is left is a finding, or the coverage (cov) and the statistics at the end.
summary() {
    awk '/^#[0-9]+[[:space:]]+DONE/ || !/^(#[0-9]+[[:space:]]|[[:space:]]*NEW_(FUNC|PC)|INFO: |###### |".*" # Uses: )/'
}

fuzz build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for target in spec journal tables signals jobs; do
    printf '\n== %s, %s s\n' "$target" "$seconds"
    # New inputs go there: the seeds stay as they are.
    cp -r tests/fuzz/corpus/"$target" "$work"
    if [ "$target" = spec ]; then
        cp experiments/*.toml tests/fixtures/bad_specs/*.toml "$work/$target"
    fi
    fuzz run "$target" "$work/$target" -- \
        -dict=tests/fuzz/dictionaries/"$target".dict -max_len=16384 \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 2>&1 | summary
done
