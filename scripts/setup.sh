#!/usr/bin/env bash
# Installs what Rankora needs on this machine: redis-server 7.0 or newer, a C compiler, and curl to try it with. By
# apt-get on Debian and Ubuntu; anywhere else it says what is missing. Rust is only checked. What is there already is
# left alone.
#
#   scripts/setup.sh          what `make run` needs
#   scripts/setup.sh --dev    and what `make test` needs: rustfmt, clippy, Chromium with its driver, Node.js with npm,
#                             in target/k8s what checks k8s/, and in tests/axe/node_modules what checks pages
#   scripts/setup.sh --api    and what `make api` needs: in target/api, what checks the API against its document
#   scripts/setup.sh --js     and what `make sdk-js` needs: Node.js 20 or newer, Chromium with its driver, in
#                             sdks/js/node_modules what checks it, and in sdks/js/test/runtimes, where they can be had,
#                             Deno and Bun
#   scripts/setup.sh --godot  and what `make sdk-godot` needs: in target/godot, what checks GDScript, and Godot 4 where
#                             the machine has none
#   scripts/setup.sh --unity  and what `make sdk-unity` needs: Mono's runtime and compiler
#
# Debian's redis-server package starts a service on port 6379, now and at each boot. Rankora starts a private one of
# its own, so a service that this script brought in neither starts nor stays enabled.
set -euo pipefail

readonly POLICY=/usr/sbin/policy-rc.d
readonly SAVED_POLICY=$POLICY.before-rankora-setup
readonly POLICY_MARK='written by rankora/scripts/setup.sh'
readonly MIN_REDIS=7.0
readonly MIN_NODE=20.3
readonly MIN_GODOT=4.2

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

version_at_least() { # VERSION MINIMUM
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | sed -n 1p)" = "$2" ]
}

check_rust() {
    local required output version
    required=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
    command -v cargo >/dev/null || fail \
        "Rust $required or newer is needed, and no cargo was found." \
        "Install Rust with rustup (https://rustup.rs), open a new shell, and run make again." \
        "(The cargo that Debian and Ubuntu package is often too old.)"
    output=$(cargo --version 2>&1) || fail \
        "cargo doesn't run: $output" \
        "With rustup, this selects a toolchain: rustup default stable"
    version=$(printf '%s\n' "$output" | sed -n 's/^cargo \([0-9][0-9.]*\).*/\1/p')
    version_at_least "$version" "$required" || fail \
        "Rust $required or newer is needed; $(command -v cargo) is version $version." \
        "With rustup: rustup update stable. Without it, install it (https://rustup.rs) and open a new shell."
}

check_rust_components() {
    local missing=()
    cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
    cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v rustup >/dev/null || fail "These parts of Rust are missing: ${missing[*]}. Install them, and run make again."
    say "adding to the Rust toolchain: ${missing[*]}"
    rustup component add "${missing[@]}"
}

# Rust links with cc, and one dependency has C code: a compiler without the C library's headers isn't enough.
has_c_compiler() {
    local directory result=0
    command -v cc >/dev/null || return 1
    directory=$(mktemp -d)
    printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' |
        cc -x c - -o "$directory/probe" 2>/dev/null || result=1
    rm -rf "$directory"
    return "$result"
}

# Debian packages Mono's HTTP client apart from its compiler.
has_mono_http() {
    local directory result=0
    command -v mcs >/dev/null || return 1
    directory=$(mktemp -d)
    echo 'class Probe {}' >"$directory/probe.cs"
    mcs -target:library -r:System.Net.Http.dll "-out:$directory/probe.dll" "$directory/probe.cs" >/dev/null 2>&1 || result=1
    rm -rf "$directory"
    return "$result"
}

# Debian has `venv` without `ensurepip`, which it needs, until python3-venv is installed.
has_python() {
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null
}

# What runs in a browser is tested in one. Ubuntu has the two under other names.
browser_packages() {
    if grep -qs '^ID=ubuntu' /etc/os-release; then echo chromium-browser chromium-chromedriver; else echo chromium chromium-driver; fi
}

# A Python environment of their own, so that nothing outside of target/ changes.
prepare_python() { # WHAT REQUIREMENTS ENVIRONMENT
    local what=$1 wanted=$2 environment=$3
    if cmp -s "$wanted" "$environment/requirements.txt" && "$environment/bin/python" -c '' 2>/dev/null; then return; fi
    say "installing $what, in $environment"
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --no-input --require-hashes --requirement "$wanted"
    # Last: only what was installed to its end counts.
    cp "$wanted" "$environment/requirements.txt"
}

# What a directory's lock file names, in node_modules beside it.
prepare_npm() { # WHAT DIRECTORY
    local what=$1 directory=$2
    local wanted=$directory/package-lock.json installed=$directory/node_modules/.rankora-lock.json
    if cmp -s "$wanted" "$installed"; then return; fi
    say "installing $what, in $directory/node_modules"
    npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund --loglevel=error || return
    # Last: only what was installed to its end counts.
    cp "$wanted" "$installed"
}

check_node() {
    local version
    version=$(node --version | sed 's/^v//')
    version_at_least "$version" "$MIN_NODE" || fail \
        "Node.js $MIN_NODE or newer is needed; $(command -v node) is version $version." \
        "Put a newer one (https://nodejs.org) first in PATH, and run make again."
}

# Without them the tests say what they leave out: not every system and processor has them.
prepare_js_runtimes() {
    prepare_npm "Deno and Bun" sdks/js/test/runtimes ||
        say "Deno and Bun can't be installed: the JavaScript SDK isn't tested on them, unless they are in PATH"
}

is_godot() { # COMMAND
    local version
    version=$("$1" --headless --version 2>/dev/null | sed -n 's/^\([0-9][0-9.]*[0-9]\).*/\1/p')
    [ -n "$version" ] && version_at_least "$version" "$MIN_GODOT"
}

# target/godot/godot: the engine of GODOT or of this machine; on Debian, whose stable releases are behind, the
# one of its next release, with a C library of its own beside it, so that nothing outside of target/ changes.
prepare_godot() {
    local command link=target/godot/godot
    mkdir -p target/godot
    for command in "${GODOT:-}" godot godot4; do
        if [ -z "$command" ] || ! is_godot "$command"; then continue; fi
        ln -sfn "$(command -v "$command")" "$link"
        return
    done
    [ -z "${GODOT:-}" ] || fail "GODOT=$GODOT is no Godot $MIN_GODOT or newer."
    if is_godot "$link"; then return; fi
    rm -f "$link"
    bash scripts/godot.sh target/godot || fail \
        "Godot $MIN_GODOT or newer is needed, and could not be installed." \
        "Install it (https://godotengine.org), put it in PATH as godot or name it in GODOT, and run make again."
    is_godot "$link" || fail "The Godot that was installed in target/godot doesn't run."
}

check_redis() {
    local version
    version=$(redis-server --version | sed -n 's/.* v=\([0-9][0-9.]*\).*/\1/p')
    version_at_least "$version" "$MIN_REDIS" || fail \
        "Redis $MIN_REDIS or newer is needed; $(command -v redis-server) is version $version." \
        "Put a newer redis-server (or Valkey's) first in PATH, and run make again."
}

install_missing() { # PACKAGE…
    say "missing on this machine: $*"
    command -v apt-get >/dev/null || fail \
        "Only Debian and Ubuntu are set up by this script. With your system's package manager, install" \
        "a C compiler (gcc or clang, with the C library's headers), curl and redis-server $MIN_REDIS or newer (or Valkey)," \
        "where the line above names them, Python 3 with venv, Chromium, chromedriver and Node.js with npm for the tests" \
        "(Node.js $MIN_NODE or newer for the JavaScript SDK), Godot $MIN_GODOT or newer for Godot's, and Mono with mcs for Unity's;" \
        "then run make again."
    if [ "$(id -u)" -eq 0 ]; then
        bash scripts/setup.sh --install-packages "$@"
    elif ! command -v sudo >/dev/null; then
        fail "Installing needs root, and there is no sudo. As root, run: bash $PWD/scripts/setup.sh --install-packages $*"
    elif [ -t 0 ]; then
        sudo bash scripts/setup.sh --install-packages "$@"
    else
        # Nobody is there to type a password: fail rather than wait.
        sudo -n bash scripts/setup.sh --install-packages "$@"
    fi
}

# From here to the end of install_packages, root's part.

restore_policy() {
    if [ -e "$SAVED_POLICY" ] || [ -L "$SAVED_POLICY" ]; then
        mv -f "$SAVED_POLICY" "$POLICY"
    elif grep -qs "$POLICY_MARK" "$POLICY"; then
        rm -f "$POLICY"
    fi
}

# Package scripts ask policy-rc.d before they start a service, under systemd and under sysvinit. This one refuses
# redis-server and nothing else, so that it does little harm if a crash leaves it behind; the next set-up removes it.
forbid_redis_start() {
    local new=$POLICY.new-rankora-setup
    cat >"$new" <<POLICY
#!/bin/sh
# $POLICY_MARK, and removed by it as soon as the packages are installed.
for argument in "\$@"; do
    case "\$argument" in redis-server | redis-server.service | redis-server@*) exit 101 ;; esac
done
[ ! -x $SAVED_POLICY ] || exec $SAVED_POLICY "\$@"
exit 0
POLICY
    chmod 755 "$new"
    if [ -e "$POLICY" ] || [ -L "$POLICY" ]; then mv "$POLICY" "$SAVED_POLICY"; fi
    mv "$new" "$POLICY"
}

has_redis_service() {
    [ -e /etc/init.d/redis-server ] || [ -e /etc/systemd/system/redis-server.service ] ||
        [ -e /lib/systemd/system/redis-server.service ]
}

disable_redis_service() {
    if command -v systemctl >/dev/null; then
        systemctl --quiet disable redis-server.service >/dev/null 2>&1 || say "the redis-server service could not be disabled"
    fi
    if command -v update-rc.d >/dev/null; then update-rc.d redis-server disable >/dev/null 2>&1 || true; fi
    say "redis-server is installed; its system service is off (systemctl enable --now redis-server turns it on)"
}

update_package_lists() {
    local attempt
    # On a machine that has just booted, its own update may hold the lock for a while.
    for attempt in 1 2 3 4 5; do
        if apt-get update -qq; then return; fi
        say "apt-get update failed (attempt $attempt of 5)"
        sleep 5
    done
    say "going on with the package lists that are there"
}

check_packaged_redis() {
    local version
    version=$(apt-cache policy redis-server | sed -n 's/^ *Candidate: //p' | sed 's/^[0-9]*://; s/[^0-9.].*//')
    [ -n "$version" ] || fail \
        "No package redis-server is to be had here. On Ubuntu it is in the component 'universe'."
    version_at_least "$version" "$MIN_REDIS" || fail \
        "Redis $MIN_REDIS or newer is needed, and this system's package is version $version, so it was not installed." \
        "Install a newer redis-server (or Valkey's) from elsewhere, put it first in PATH, and run make again."
}

install_packages() { # PACKAGE…
    local with_redis=no service_was_there=no
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C
    # After plain `su`, root's PATH lacks what dpkg needs.
    export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
    case " $* " in *' redis-server '*) with_redis=yes ;; esac

    update_package_lists
    if [ "$with_redis" = yes ]; then
        check_packaged_redis
        if has_redis_service; then service_was_there=yes; fi
        trap restore_policy EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM HUP
        restore_policy
        forbid_redis_start
    fi
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
    if [ "$with_redis" = yes ] && [ "$service_was_there" = no ]; then disable_redis_service; fi
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    check_rust

    local packages=() browser=()
    has_c_compiler || packages+=(gcc libc6-dev)
    command -v redis-server >/dev/null || packages+=(redis-server)
    # The demo prints lines for it, and a test pastes them.
    command -v curl >/dev/null || packages+=(curl)
    if [ "${1:-}" = --dev ] || [ "${1:-}" = --js ]; then
        command -v chromedriver >/dev/null || { read -ra browser < <(browser_packages) && packages+=("${browser[@]}"); }
    fi
    if [ "${1:-}" = --dev ]; then has_python || packages+=(python3 python3-venv); fi
    if [ "${1:-}" = --dev ] || [ "${1:-}" = --js ]; then
        command -v node >/dev/null || packages+=(nodejs)
        command -v npm >/dev/null || packages+=(npm)
    fi
    if [ "${1:-}" = --api ]; then has_python || packages+=(python3 python3-venv); fi
    if [ "${1:-}" = --godot ]; then has_python || packages+=(python3 python3-venv); fi
    if [ "${1:-}" = --unity ]; then
        command -v mono >/dev/null || packages+=(mono-runtime)
        command -v mcs >/dev/null || packages+=(mono-mcs)
        has_mono_http || packages+=(libmono-system-net-http4.0-cil)
    fi
    [ ${#packages[@]} -eq 0 ] || install_missing "${packages[@]}"
    has_c_compiler || fail "The C compiler doesn't work: cc can't build an empty program."
    command -v redis-server >/dev/null || fail "redis-server is still not to be found in PATH."
    check_redis

    if [ "${1:-}" = --dev ] || [ "${1:-}" = --js ]; then
        command -v chromedriver >/dev/null || fail "chromedriver is still not to be found in PATH."
    fi
    if [ "${1:-}" = --dev ]; then
        check_rust_components
        has_python || fail "Python 3 with venv is still not to be found in PATH."
        command -v node >/dev/null || fail "node is still not to be found in PATH."
        prepare_python "what checks the Kubernetes manifests" tests/k8s/requirements.txt target/k8s
        prepare_npm "what checks pages" tests/axe
    fi
    if [ "${1:-}" = --api ]; then
        has_python || fail "Python 3 with venv is still not to be found in PATH."
        prepare_python "what checks the API" tests/api/requirements.txt target/api
    fi
    if [ "${1:-}" = --js ]; then
        check_node
        prepare_npm "what checks the JavaScript SDK" sdks/js
        prepare_js_runtimes
    fi
    if [ "${1:-}" = --godot ]; then
        has_python || fail "Python 3 with venv is still not to be found in PATH."
        prepare_python "what checks GDScript" sdks/godot/tests/requirements.txt target/godot/checks
        prepare_godot
    fi
    if [ "${1:-}" = --unity ]; then
        command -v mono >/dev/null || fail "mono is still not to be found in PATH."
        command -v mcs >/dev/null || fail "mcs, Mono's C# compiler, is still not to be found in PATH."
    fi
}

case "${1:-}" in
--install-packages)
    shift
    install_packages "$@"
    ;;
'' | --dev | --api | --js | --godot | --unity) main "$@" ;;
*) fail "usage: scripts/setup.sh [--dev | --api | --js | --godot | --unity]" ;;
esac
