#!/usr/bin/env python3
"""Holds the repository's files to their limits: fixture sizes, file lengths, links, open ends.

  python3 scripts/check-files.py      silent and 0, or one line per offence and 1
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURE_BYTES, FIXTURES_BYTES = 100_000, 4_500_000
SWIFT_LINES = 400
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def main():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True)
    files = [name for name in listed.stdout.decode().split("\0") if name]
    files = [name for name in files if os.path.isfile(os.path.join(ROOT, name))]
    offences = list(check(files))
    print("\n".join(offences), end="\n" if offences else "")
    sys.exit(1 if offences else 0)


def check(files):
    total = 0
    for name in files:
        path = os.path.join(ROOT, name)
        if "/Fixtures/" in name:
            size = os.path.getsize(path)
            total += size
            if size >= FIXTURE_BYTES:
                yield f"{name}: {size} bytes: a fixture has less than {FIXTURE_BYTES}"
        elif name.endswith(".swift"):
            yield from check_swift(name, path)
        elif name.endswith(".md"):
            yield from check_links(name, path)
    if total >= FIXTURES_BYTES:
        yield f"Tests: fixtures of {total} bytes: all together have less than {FIXTURES_BYTES}"


def check_swift(name, path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if len(lines) > SWIFT_LINES:
        yield f"{name}: {len(lines)} lines: a file has at most {SWIFT_LINES}: split it by purpose"
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME)\b", line) and not re.search(r"#\d+", line):
            yield f"{name}:{number}: open end without an issue number"


def check_links(name, path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", file.read(), flags=re.DOTALL)
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        if not os.path.exists(os.path.join(os.path.dirname(path), target)):
            yield f"{name}: link to {target}: no such file"


if __name__ == "__main__":
    main()
