#!/usr/bin/env bash
# Puts every mutant into a copy of the cores, one at a time; the simulation must find it, or the cores' tests.
#
#   ONLY="name …"  tries these alone; SEEDS=24 is how many seeds the simulation plays; QUICK=1 leaves the tests out.
#
# What was tried is kept in .build/mutants/results, so that a stopped run goes on; RESULTS.md is written from it at the end, and
# by `run.sh report`.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Mutants
work=$PWD/.build/mutants
tree=$work/tree
seeds=${SEEDS:-24}
mkdir -p "$work/results" "$tree"
# A change of what is tried, or of what judges it, makes older results worthless.
stamp=$(find Sources/{Tweets,Ingest,Dedup,Recovery,World} Tests/{Simulation,Support,IngestTests,DedupTests,RecoveryTests} -type f \
    -exec sha256sum {} + | sort | sha256sum | cut -c1-12)

build() { swift build -c release --package-path "$tree" --scratch-path "$work/release" --product simulation-run; }
simulate() { timeout 600 "$work/release/release/simulation-run" from=1 seeds="$seeds" first=1; }

# Prints what found the mutant; nothing where nothing did.
judge() {
    local log=$work/log.txt
    if ! build >"$log" 2>&1; then echo "does not compile: $(grep -m1 'error:' "$log" | sed 's/.*error: //')"; return; fi
    if ! simulate >"$log" 2>&1; then
        local seed wrong
        seed=$(grep -m1 -oE '^Failing seeds: [0-9]+' "$log" | grep -oE '[0-9]+' || true)
        wrong=$(grep -m1 'WRONG:' "$log" | sed -E 's/.*WRONG: step [0-9]+, [0-9:.]+: //; s/[0-9]{6,}/…/g' | cut -c1-100 || true)
        echo "simulation${seed:+, seed $seed}: ${wrong:-it stops or does not end}"
        return
    fi
    if [ -n "${QUICK:-}" ]; then echo "not the simulation; the tests were not asked"; return; fi
    if ! timeout 900 swift test --package-path "$tree" --scratch-path "$work/debug" >"$log" 2>&1; then
        echo "test: $(grep -a -m1 -E '✘ Test (".*"|[a-zA-Z]+\(\)) (recorded|with|failed)' "$log" \
            | sed -E 's/^[^"]*"([^"]*)".*/\1/' | cut -c1-100)"
    fi
}

report() {
    {
        echo "# Mutants"
        echo
        echo "Bugs that were put into the cores on purpose, one at a time, and what found each: the simulation with $seeds seeds,"
        echo "or, where it did not, the first test of the cores that failed. \`make mutants\` writes this page."
        echo
        echo "| mutant | what it does | where | found by |"
        echo "| --- | --- | --- | --- |"
        perl $here/mutate.pl list | while IFS=$'\t' read -r name file meaning; do
            found=$(cut -f2- "$work/results/$name" 2>/dev/null || echo "not tried")
            echo "| $name | $meaning | ${file#Sources/} | ${found:-**survives**} |"
        done
        if [ -e $here/SURVIVORS.md ]; then echo; cat $here/SURVIVORS.md; fi
    } >$here/RESULTS.md
}
if [ "${1:-}" = report ]; then report; exit; fi
rm -rf "$tree/Sources" "$tree/Tests"
cp -a Sources Tests "$tree/"
cp $here/CorePackage.swift.txt "$tree/Package.swift"
trap report EXIT

build >"$work/log.txt" 2>&1 || { tail -20 "$work/log.txt"; exit 1; }
simulate >"$work/log.txt" 2>&1 || { echo "The simulation fails without any mutant:"; tail -20 "$work/log.txt"; exit 1; }
survivors=0
while IFS=$'\t' read -r name file meaning; do
    if [ -n "${ONLY:-}" ] && ! grep -qw -- "$name" <<<"$ONLY"; then continue; fi
    if [ -z "${ONLY:-}" ] && grep -qs "^$stamp" "$work/results/$name"; then continue; fi
    perl $here/mutate.pl apply "$name" "$tree"
    found=$(judge)
    cp "$file" "$tree/$file"
    printf '%s\t%s\n' "$stamp" "$found" >"$work/results/$name"
    echo "$name: ${found:-SURVIVES}"
    if [ -z "$found" ]; then survivors=$((survivors + 1)); fi
done < <(perl $here/mutate.pl list)
echo "$survivors mutants survived this run; the table is $here/RESULTS.md."
