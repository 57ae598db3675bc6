"""Writes addons/rankora/protocol/nfc_data.gd from the Unicode Character Database.

    python3 sdks/godot/tests/nfc_data.py DIRECTORY

DIRECTORY has UnicodeData.txt and CompositionExclusions.txt, as in Debian's package unicode-data.
"""

import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "addons/rankora/protocol/nfc_data.gd"
# Ideographs for compatibility are one character each before and after, and letters both times: the server replaces them.
COMPATIBILITY = [range(0xF900, 0xFB00), range(0x2F800, 0x2FA20)]


def lines_of(items, width=110):
    line = ""
    for item in items:
        if len(line) + len(item) + 1 > width:
            yield line
            line = ""
        line = f"{line} {item}".strip()
    yield line


def constant(name, about, items):
    rows = "\n".join(f'\t"{line}",' for line in lines_of(items))
    return f"## {about}\nconst {name}: Array[String] = [\n{rows}\n]\n"


def main(directory):
    decompositions, classes = {}, {}
    for line in (directory / "UnicodeData.txt").read_text().splitlines():
        code, _, _, klass, _, parts, *_ = line.split(";")
        code = int(code, 16)
        if klass != "0":
            classes[code] = int(klass)
        if parts and not parts.startswith("<") and not any(code in block for block in COMPATIBILITY):
            decompositions[code] = [int(part, 16) for part in parts.split()]
    source = (directory / "CompositionExclusions.txt").read_text()
    version = source.split(".txt")[0].split("-")[-1]
    codes = [line.split("#")[0].strip() for line in source.splitlines()]
    excluded = {int(code, 16) for code in codes if code}
    excluded |= {code for code, parts in decompositions.items() if len(parts) == 1}
    excluded |= {code for code, parts in decompositions.items() if classes.get(code) or classes.get(parts[0])}

    ranges = []
    for code, klass in sorted(classes.items()):
        if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == klass:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, klass])

    def entry(code):
        return f"{code:X}={'+'.join(f'{part:X}' for part in decompositions[code])}"

    composed = [entry(code) for code in sorted(decompositions) if code not in excluded]
    taken_apart = [entry(code) for code in sorted(decompositions) if code in excluded]
    parts = [
        "class_name RankoraNfcData",
        "extends RefCounted",
        f"## What Unicode {version} says of composed characters, written by tests/nfc_data.py. All numbers are hexadecimal.\n",
        constant("COMPOSED", "A character and the two that it is composed of.", composed),
        constant("TAKEN_APART", "A character and what stands in its place.", taken_apart),
        constant(
            "CLASSES",
            "The order of marks: from, to, class.",
            [f"{first:X}-{last:X}={klass:X}" for first, last, klass in ranges],
        ),
    ]
    TARGET.write_text("\n".join(parts).replace(".\n\n", ".\n\n"))
    print(f"{TARGET.name}: Unicode {version}, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
