#!/usr/bin/env bash
# Compiles the package as Unity does, one assembly for each definition, and runs its tests on Mono against a real server:
# target/debug/rankora, or what RANKORA_BINARY names. What touches the engine is compiled against stand-ins. Arguments pick
# the tests whose names contain them; `metas` writes the .meta files that are missing, and does no more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TESTS=Tests~
REPOSITORY=$(cd ../.. && pwd)
readonly OUT=$REPOSITORY/target/unity
export RANKORA_BINARY=${RANKORA_BINARY:-$REPOSITORY/target/debug/rankora}
export RANKORA_FIXTURES=$REPOSITORY/sdks/contract
export RANKORA_PACKAGE=$PWD
export RANKORA_SNIPPET=$REPOSITORY/src/http/dashboard/snippets/submit.cs
export RANKORA_PLANS=$OUT/plans.toml

compile() { # OUTPUT SOURCES… -- [ARGUMENT…]
    local output=$1 sources=()
    shift
    while [ "$1" != -- ]; do
        mapfile -t -O "${#sources[@]}" sources < <(find "$1" -name '*.cs' | sort)
        shift
    done
    shift
    # All of C# that this compiler knows, which is most of version 7; Unity's knows 9.
    mcs -langversion:Default -warnaserror -nologo -debug "-lib:$OUT" "-out:$OUT/$output" "$@" "${sources[@]}"
}

library() { # OUTPUT SOURCES… -- [ARGUMENT…]
    compile "$@" -target:library
}

readonly ENGINE=-r:UnityEngine.dll,UnityEngine.UI.dll

# As on the versions and platforms that the sources tell apart.
compile_variants() {
    local variant
    for variant in UNITY_2022_2_OR_NEWER 'UNITY_2022_2_OR_NEWER;UNITY_2023_1_OR_NEWER' UNITY_SERVER 'RANKORA_INPUT_SYSTEM;ENABLE_INPUT_SYSTEM'; do
        library variant.dll Runtime/Unity -- -r:Rankora.Core.dll "$ENGINE" "-define:$variant"
    done
}

mkdir -p "$OUT"
cat "$RANKORA_FIXTURES/plans.toml" "$TESTS/plans.toml" >"$RANKORA_PLANS"

library UnityEngine.dll "$TESTS/StandIns/Engine" "$TESTS/Support/LoopbackHttp.cs" --
library UnityEngine.UI.dll "$TESTS/StandIns/UI" -- -r:UnityEngine.dll
library UnityEditor.dll "$TESTS/StandIns/Editor" -- -r:UnityEngine.dll

# What is public is documented.
library Rankora.Core.dll Runtime/Core -- "-doc:$OUT/Rankora.Core.xml"
compile_variants
library Rankora.Unity.dll Runtime/Unity -- -r:Rankora.Core.dll "$ENGINE" "-doc:$OUT/Rankora.Unity.xml"
library Rankora.Editor.dll Editor -- -r:Rankora.Core.dll,Rankora.Unity.dll,UnityEditor.dll "$ENGINE"
# The serialized fields of samples are set by the editor.
library Samples.dll Samples~ -- -r:Rankora.Core.dll,Rankora.Unity.dll "$ENGINE" -nowarn:649
compile Rankora.Tests.exe "$TESTS/Program.cs" "$TESTS/Support" "$TESTS/Core" "$TESTS/Unity" -- \
    -r:Rankora.Core.dll,Rankora.Unity.dll,Rankora.Editor.dll,Samples.dll,UnityEditor.dll "$ENGINE"

[ -x "$RANKORA_BINARY" ] || [ "${1:-}" = metas ] || {
    echo "There is no server at $RANKORA_BINARY: cargo build makes one." >&2
    exit 1
}
exec mono --debug "$OUT/Rankora.Tests.exe" "$@"
