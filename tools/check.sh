#!/usr/bin/env bash
# Runs the static checks: all of them, or those named (see the list at the end). Needs `tools/setup.sh test` first.
#
# Independent checks run two at a time; each prints its findings only when it fails.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

export PATH=$PWD/.venv/bin:$PWD/.tools/node/bin:$PATH

check_format() { ruff format --check . && buf format --diff --exit-code; }

check_ruff() { ruff check .; }

check_buf() { buf lint; }

# What the contract was: on a branch, where it left main; on main, before the last change of protos/.
# PROTO_BASE names another commit. Nothing is printed when there is none, as for the very first commit.
proto_base() {
  local head base last
  head=$(git rev-parse --verify --quiet HEAD) || return 0
  if [ -n "${PROTO_BASE:-}" ]; then
    git rev-parse --verify --quiet "$PROTO_BASE^{commit}"
    return
  fi
  base=$(git merge-base origin/main HEAD 2>/dev/null || true)
  if [ -n "$base" ] && [ "$base" != "$head" ]; then
    echo "$base"
    return
  fi
  last=$(git rev-list -1 HEAD -- protos)
  [ -z "$last" ] || git rev-parse --verify --quiet "$last^" || true
}

check_breaking() {
  local base before status
  base=$(proto_base) || {
    echo "PROTO_BASE=$PROTO_BASE is no commit"
    return 1
  }
  if [ -z "$base" ] || ! git ls-tree -r --name-only "$base" -- protos | grep -q '\.proto$'; then
    echo "there is no earlier contract to compare with"
    return 0
  fi
  before=$(mktemp -d)
  # By archive, not by buf's own git input: that clones, and a shallow clone cannot be cloned at any commit.
  git archive "$base" protos | tar -x -C "$before" && cp buf.yaml "$before" && buf breaking --against "$before"
  status=$?
  rm -rf "$before"
  return $status
}

check_arch() { lint-imports --no-logo; }

check_types() { mypy; }

check_shell() { shellcheck tools/*.sh .ci/run; }

check_yaml() {
  local files
  mapfile -t files < <(git ls-files '*.yaml' '*.yml')
  [ ${#files[@]} = 0 ] || yamllint --strict -d '{extends: default, rules: {line-length: {max: 140}, document-start: disable, truthy: {check-keys: false}, braces: {max-spaces-inside: 1}}}' "${files[@]}"
}

# A lock that names a host installs from there, whatever mirror the site has set.
check_locks() {
  local locks
  mapfile -t locks < <(git ls-files '*.lock')
  if grep -n '://' "${locks[@]}"; then
    echo "a lock names a host; make it with: make lock"
    return 1
  fi
  mapfile -t locks < <(git ls-files '*package-lock.json')
  if [ ${#locks[@]} -gt 0 ] && grep -n -m 5 '"resolved": "[a-z+]*://' "${locks[@]}"; then
    echo "a lock names a host; the .npmrc beside it must say omit-lockfile-registry-resolved=true"
    return 1
  fi
}

check_drift() {
  python tools/gen_protos.py || return 1
  local drift
  drift=$(git status --porcelain -- gen web/src/gen)
  if [ -n "$drift" ]; then
    git --no-pager diff --stat -- gen web/src/gen
    echo "$drift"
    echo "generated code differs from protos/; run make proto and commit what it writes"
    return 1
  fi
}

check_web() {
  [ -f web/package-lock.json ] || return 0
  (cd web && npm run --silent check)
}

# Two at a time, in the order given; prints a line for each and the output of those that fail.
run_checks() { # NAME...
  local logs name failed=() running=0
  logs=$(mktemp -d)
  for name in "$@"; do
    if [ "$running" -ge 2 ]; then
      wait -n || true
      running=$((running - 1))
    fi
    { "check_$name" >"$logs/$name" 2>&1; echo $? >"$logs/$name.status"; } &
    running=$((running + 1))
  done
  wait
  for name in "$@"; do
    if [ "$(cat "$logs/$name.status")" = 0 ]; then
      echo "check: $name ok"
    else
      failed+=("$name")
      echo "check: $name FAILED"
      sed 's/^/    /' "$logs/$name"
    fi
  done
  rm -rf "$logs"
  if [ ${#failed[@]} -gt 0 ]; then
    echo "check: failed: ${failed[*]}"
    return 1
  fi
}

case ${1:-all} in
  all) run_checks types web format ruff buf breaking arch shell yaml locks drift ;;
  lint) run_checks format ruff buf breaking shell yaml locks web ;;
  types | arch | breaking | drift | locks | web) run_checks "$1" ;;
  fmt-web) [ ! -d web/node_modules ] || (cd web && npx --no-install biome check --write .) ;;
  *)
    echo "check: unknown: $1; known: all lint types arch breaking drift locks web" >&2
    exit 2
    ;;
esac
