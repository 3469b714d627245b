#!/usr/bin/env bash
# Runs a benchmark: `tools/bench.sh NAME` runs benchmarks/NAME/run.py, whose last line is one JSON object of figures.
# QUICK=1 makes it short. Needs `tools/setup.sh test` first.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-}
if [ ! -f "benchmarks/$name/run.py" ]; then
  echo "usage: make bench NAME=… [QUICK=1]; there are: $(cd benchmarks && printf '%s\n' */run.py | sed 's,/run.py,,' | paste -sd ' ')" >&2
  exit 2
fi
exec .venv/bin/python "benchmarks/$name/run.py"
