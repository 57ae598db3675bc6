#!/usr/bin/env bash
# Compiles the package as Unity does, one assembly for each definition, and runs its tests on Mono against a real server:
# target/debug/rankora, or what RANKORA_BINARY names. Arguments pick the tests whose names contain them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TESTS=Tests~
readonly REPOSITORY=$PWD/../..
readonly OUT=$REPOSITORY/target/unity
export RANKORA_BINARY=${RANKORA_BINARY:-$REPOSITORY/target/debug/rankora}
export RANKORA_FIXTURES=$REPOSITORY/sdks/contract
export RANKORA_PACKAGE=$PWD
export RANKORA_PLANS=$OUT/plans.toml

compile() { # OUTPUT [ARGUMENT…]
    local output=$1
    shift
    # All of C# that this compiler knows, which is most of version 7; Unity's knows 9.
    mcs -langversion:Default -warnaserror -nologo -debug "-out:$OUT/$output" "$@"
}

sources() { # DIRECTORY…
    find "$@" -name '*.cs' | sort
}

mkdir -p "$OUT"
cat "$RANKORA_FIXTURES/plans.toml" "$TESTS/plans.toml" >"$RANKORA_PLANS"

mapfile -t core < <(sources Runtime/Core)
mapfile -t tests < <(sources "$TESTS/Core" "$TESTS/Support")

compile Rankora.Core.dll -target:library "${core[@]}"
compile Rankora.Tests.exe -r:"$OUT/Rankora.Core.dll" "$TESTS/Program.cs" "${tests[@]}"

exec mono --debug "$OUT/Rankora.Tests.exe" "$@"
