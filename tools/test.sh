#!/usr/bin/env bash
# Runs tests: all of them, or the suites named (unit, arch, integration, e2e, web, long). Needs `tools/setup.sh test` first.
#
# `long` takes minutes and is run by hand (make test-long).
# Every suite runs even when an earlier one has failed. A suite without any test file is named and passed over; one
# that has test files and runs no test fails (pytest's exit code 5).
set -uo pipefail
cd "$(dirname "$0")/.." || exit

export PATH=$PWD/.venv/bin:$PWD/.tools/node/bin:$PATH
failed=()

pytest_suite() { # SUITE ARGUMENT...
  local suite=$1 folder=tests/$1 status=0
  shift
  if [ -z "$(find "$folder" -name 'test_*.py' -print -quit 2>/dev/null)" ]; then
    echo "== $suite: $folder has no test files yet"
    return
  fi
  echo "== $suite"
  python -m pytest -q "$@" "$folder" || status=$?
  if [ "$status" != 0 ]; then
    failed+=("$suite (exit code $status)")
  fi
}

web_suite() {
  if [ ! -f web/package-lock.json ]; then
    echo "== web: there is no web/ yet"
    return
  fi
  echo "== web"
  (cd web && npm test) || failed+=("web (exit code $?)")
}

run_suite() {
  case $1 in
    unit) pytest_suite unit -n 2 ;;
    # One process: these start servers, and two cores carry one set of them.
    arch | integration | e2e) pytest_suite "$1" -n 0 ;;
    long) pytest_suite long -n 0 -s ;;
    web) web_suite ;;
    *)
      echo "test: there is no suite $1; there are: unit arch integration e2e web long" >&2
      exit 2
      ;;
  esac
}

[ -x .venv/bin/python ] || {
  echo "test: there is no .venv; run: make setup" >&2
  exit 1
}
suites=("$@")
[ $# -gt 0 ] || suites=(unit arch web integration e2e)
for suite in "${suites[@]}"; do
  run_suite "$suite"
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
