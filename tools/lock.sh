#!/usr/bin/env bash
# Writes the locks from pyproject.toml: requirements.lock (product), requirements-dev.lock (product, tests, tools),
# tools/bootstrap.lock (uv) and tools/node.lock.
#
# The locks carry hashes and no host: the index is the business of the machine that installs.
# Packages younger than two weeks are left out; LOCK_EXCLUDE_NEWER=YYYY-MM-DD sets another day.
# Pins already in the locks stay; `tools/lock.sh --upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.tools/bin/uv
[ -x "$uv" ] || { echo "lock: $uv is missing; run: make setup" >&2; exit 1; }
newest=${LOCK_EXCLUDE_NEWER:-$(date -u -d '14 days ago' +%F)}

compile() { # OUTPUT ARGUMENT...
  local output=$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --exclude-newer "$newest" --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$output" "$@"
  if grep -n '://' "$output"; then
    echo "lock: $output names a host" >&2
    exit 1
  fi
  echo "lock: $output, $(grep -c '==' "$output") packages"
}

compile requirements-dev.lock pyproject.toml --group build --group dev "$@"
# The product takes the versions that the tests run with.
compile requirements.lock pyproject.toml --group build --constraint requirements-dev.lock "$@"
compile tools/bootstrap.lock --group bootstrap "$@"
compile tools/node.lock --group node "$@"
