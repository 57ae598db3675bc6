#!/usr/bin/env bash
# Installs Godot and what it exports games with, from Debian's testing release, in a directory of its own:
# scripts/godot.sh DIRECTORY. Needs Debian and no root, and changes nothing but that directory. The packages are unpacked,
# not installed, and run with their own C library.
set -euo pipefail

directory=$(mkdir -p "$1" && cd "$1" && pwd)
readonly directory root=$directory/root apt=$directory/apt

say() { printf 'setup: %s\n' "$*"; }

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
    say "only on Debian is Godot installed by this script"
    exit 1
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The mirror that this machine uses already, in either format of apt's sources.
mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    sed -nE '/^[[:space:]]*#/d; s@.*[[:space:]]([a-z+]+://[^[:space:]]+/debian/?)([[:space:]].*)?$@\1@p' | sed -n 1p)
[ -n "$mirror" ] && [ -e "$keyring" ] || {
    say "this machine has no mirror of Debian to install Godot from"
    exit 1
}

rm -rf "$root" "$apt"
mkdir -p "$root" "$apt"/{state/lists/partial,cache/archives/partial,sources.d}
: >"$apt/status"
printf 'deb [signed-by=%s] %s testing main\n' "$keyring" "$mirror" >"$apt/sources.list"
cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/sources.d";
Dir::Etc::preferencesparts "$apt/sources.d";
APT::Architecture "$(dpkg --print-architecture)";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
CONF
export APT_CONFIG=$apt/apt.conf DEBIAN_FRONTEND=noninteractive
say "installing Godot from Debian's testing release, about 180 MB, in $root"
apt-get update -qq
apt-get install -qq -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
    godot godot-template-release </dev/null
for package in "$apt"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
rm -rf "$apt"

libraries=$(dirname "$(find "$root/usr/lib" -name libc.so.6 | sed -n 1p)")
loader=$(find "$libraries" -name 'ld-linux*.so.*' | sed -n 1p)
cat >"$directory/godot" <<RUN
#!/bin/sh
exec "$loader" --library-path "$libraries:$libraries/pulseaudio" "$root/usr/bin/godot" "\$@"
RUN
chmod 755 "$directory/godot"
