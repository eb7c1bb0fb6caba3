#!/usr/bin/env python3
"""Holds every file's imports to the manifest and to the layers of Documentation/Architecture.md.

A module may import only modules that its own entry in Package.swift names, and only those on lower
layers. SwiftPM alone lets a file import whatever some other dependency happened to build.

  python3 scripts/check-layers.py               silent and 0, or one line per offence and 1
  python3 scripts/check-layers.py --self-test   the same check on made-up packages
"""

import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = "Documentation/Architecture.md"
TABLE_FENCE = "```layers\n"
# What every module may import of the toolchain, and what only tests, examples and benchmarks may.
TOOLCHAIN = {"Swift", "Glibc", "Synchronization", "Dispatch"}
TOOLCHAIN_OUTSIDE = {"Foundation", "Testing"}
OUTSIDE = ("Tests/", "Examples/", "Benchmarks/")

SWIFT_IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?([A-Za-z_]\w*)",
    re.MULTILINE)
C_INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)


def read_layers(text):
    """Module name to its line, counted from the bottom, and line to the label it starts with."""
    if TABLE_FENCE not in text:
        sys.exit(f"{TABLE}: no block that starts with {TABLE_FENCE.strip()}")
    lines = text.split(TABLE_FENCE, 1)[1].split("```", 1)[0].splitlines()
    layers, labels = {}, []
    for words in filter(None, map(str.split, reversed(lines))):
        for name in words[1:]:
            if name in layers:
                sys.exit(f"{TABLE}: {name} stands on two layers")
            layers[name] = len(labels)
        labels.append(words[0])
    return layers, labels


def strip(text):
    """The source without comments and string literals, its lines kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'""".*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', blank, text, flags=re.DOTALL)


def sources(root, target):
    """Paths of a target's own Swift, C and header files, in order."""
    found = []
    for folder, folders, names in os.walk(os.path.join(root, target["path"])):
        folders[:] = sorted(name for name in folders if name != "Fixtures")
        for name in sorted(names):
            if name.endswith((".swift", ".c", ".h")):
                found.append(os.path.join(folder, name))
    return found


def check(root, targets, layers, labels):
    """One line for everything that breaks a rule."""
    known = {target["name"]: target for target in targets}
    headers = {}
    for target in targets:
        include = os.path.join(root, target["path"], "include")
        for name in os.listdir(include) if os.path.isdir(include) else []:
            if name.endswith(".h"):
                headers[name] = target["name"]

    for target in targets:
        name, outside = target["name"], target["path"].startswith(OUTSIDE)
        dependencies = target.get("target_dependencies", [])
        if not outside and name not in layers:
            yield f"Package.swift: {name}: on no layer: name it in {TABLE}"
            continue
        if not outside:
            for dependency in dependencies:
                if dependency in layers and layers[dependency] >= layers[name]:
                    above, below = labels[layers[name]], labels[layers[dependency]]
                    yield (f"Package.swift: {name} (layer {above}) uses {dependency} (layer {below}): "
                           "only lower layers may be used")
        for path in sources(root, target):
            with open(path, encoding="utf-8") as file:
                raw = file.read()
            swift = path.endswith(".swift")
            text = strip(raw) if swift else raw
            for match in (SWIFT_IMPORT if swift else C_INCLUDE).finditer(text):
                imported = match.group(1)
                if not swift:
                    imported = headers.get(os.path.basename(imported), name)
                line = text.count("\n", 0, match.start(1)) + 1
                where = f"{os.path.relpath(path, root)}:{line}"
                if imported == name or imported in dependencies:
                    continue
                if imported in known:
                    yield f"{where}: imports {imported}, which Package.swift does not name for {name}"
                elif imported not in TOOLCHAIN | (TOOLCHAIN_OUTSIDE if outside else set()):
                    yield f"{where}: imports {imported}: neither ours nor allowed in {name}"


def describe(root):
    """The package's targets as SwiftPM sees them."""
    found = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=root, capture_output=True, text=True)
    if found.returncode != 0:
        sys.exit(f"Package.swift: swift package describe failed:\n{found.stderr}")
    return json.loads(found.stdout)["targets"]


def self_test():
    """Breaks each rule once in a made-up package, and none in another."""
    table = "Words.\n```layers\n2 Top Beside\n1 Middle\n0 Base\nC CBase CSide\n```\n"
    clean = {
        "Sources/Top/Top.swift": "public import Middle\nimport struct Base.Thing\nimport Glibc\n",
        "Sources/Middle/Middle.swift":
            '// import Top\nimport Base\nlet text = """\n  import Beside\n  """\n',
        "Sources/Base/Base.swift": "import CBase\n\nlet imports = 1\n",
        "Sources/CBase/base.c": '#include "CBase.h"\n#include <stdint.h>\n',
        "Sources/CBase/include/CBase.h": "int base(void);\n",
        "Sources/CSide/include/CSide.h": "int side(void);\n",
        "Tests/TopTests/TopTests.swift": "import Foundation\nimport Testing\nimport Top\n",
    }
    manifest = {
        "Top": ["Middle", "Base"], "Beside": ["Base"], "Middle": ["Base"], "Base": ["CBase"],
        "CBase": [], "CSide": [], "TopTests": ["Top"],
    }
    middle = "Sources/Middle/Middle.swift"
    cases = [
        ({}, {}, []),
        ({middle: "import Base\n\n@_exported public import CBase\n"}, {},
         [middle + ":3: imports CBase, which Package.swift does not name for Middle"]),
        ({middle: 'let slashes = "//"; let open = "/*"\nimport Beside\n'}, {},
         [middle + ":2: imports Beside, which Package.swift does not name for Middle"]),
        ({}, {"Top": ["Middle", "Base", "Beside"]},
         ["Package.swift: Top (layer 2) uses Beside (layer 2): only lower"]),
        ({}, {"Middle": ["Base", "Top"]},
         ["Package.swift: Middle (layer 1) uses Top (layer 2): only lower"]),
        ({}, {"Stray": []}, ["Package.swift: Stray: on no layer"]),
        ({middle: "internal import Foundation\n"}, {},
         [middle + ":1: imports Foundation: neither ours nor allowed in Middle"]),
        ({"Sources/CBase/base.c": '#include "CSide.h"\n'}, {},
         ["Sources/CBase/base.c:1: imports CSide, which Package.swift does not name for CBase"]),
    ]
    for number, (files, dependencies, expected) in enumerate(cases):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**clean, **files}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            targets = [
                dict(name=name, path=("Tests/" if name.endswith("Tests") else "Sources/") + name,
                     target_dependencies=uses)
                for name, uses in {**manifest, **dependencies}.items()
            ]
            found = list(check(root, targets, *read_layers(table)))
        if len(found) != len(expected) or not all(map(str.startswith, found, expected)):
            sys.exit(f"self-test: case {number}: expected {expected}, found {found}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    with open(os.path.join(ROOT, TABLE), encoding="utf-8") as file:
        layers, labels = read_layers(file.read())
    offences = list(check(ROOT, describe(ROOT), layers, labels))
    print("\n".join(offences), end="\n" if offences else "")
    sys.exit(1 if offences else 0)


if __name__ == "__main__":
    main()
