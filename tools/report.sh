#!/bin/bash
# make report: where the code stands, beside what the best reach. Nothing
# fails for a number.
set -eu
cd "$(dirname "$0")/.."

files=$(git ls-files 'lib/*.c' 'cloud/*.c' 'module/*.c' 'cli/*.c' \
    'factory/*.c' 'client/*.c')
tests=$(git ls-files 'tests/*.c' 'tests/*.py' 'tests/*.h')

# percentile P: of the numbers on standard input.
percentile() {
	sort -n | awk -v p="$1" '{v[NR] = $1} END {
		i = int(NR * p / 100 + 0.5); print v[i < 1 ? 1 : i]}'
}

# pmccabe: modified and plain complexity, statements, first line, lines.
functions=$(pmccabe $files)
lines() { echo "$functions" | awk '{print $5}'; }
complexity() { echo "$functions" | awk '{print $2}'; }
parameters=$(python3 tools/parameters.py $files)

printf '%-36s %8s   %s\n' figure here 'the best reach'
row() { printf '%-36s %8s   %s\n' "$1" "$2" "$3"; }
row "function length, median" "$(lines | percentile 50)" "13 to 15"
row "function length, 95th percentile" "$(lines | percentile 95)" "52 to 57"
row "function length, longest" "$(lines | sort -n | tail -n 1)" 128
row "complexity, 95th percentile" "$(complexity | percentile 95)" "6 to 10"
row "parameters, 95th percentile" "$(echo "$parameters" | percentile 95)" \
    "4 to 5"
row ".c file, median lines" \
    "$(wc -l $files | grep -v ' total$' | awk '{print $1}' | percentile 50)" \
    "100 to 250"
source_lines=$(cat $files $(git ls-files '*/include/*.h') | wc -l)
test_lines=$(cat $tests | wc -l)
row "test lines to source lines" \
    "$(awk "BEGIN {printf \"%.2f\", $test_lines / $source_lines}")" \
    "2.4 to 3.7"
echo
echo "longest functions:"
echo "$functions" | sort -k5,5nr | head -n 5 |
    awk '{printf "  %4d lines  %s %s\n", $5, $6, $7}'
