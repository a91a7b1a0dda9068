# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes a line of the plugin, builds it, and looks whether a test notices; and again, for a sample of all such changes.

Works in a copy of the repository, in build/mutate. Knows of C what one line shows: comments, strings and what the
preprocessor reads are left alone. A change that does not compile is drawn again.

At the end the tests that noticed a change run once more without any: one that fails then, too, has noticed nothing.
"""

import argparse
import difflib
import filecmp
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build/mutate"
FOLDERS = ["core", "session", "dissect", "taps"]
COPIED = ["CMakeLists.txt", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "cmake", "plugin", "captures", "packaging", "tests", "doc"]
EQUIVALENT = ROOT / "tests/mutate.equivalent"

# Those first that notice most. The windows, live captures and the commands around the plugin notice nothing that these do not.
TESTS = ["test_golden.py", "test_base.py", "test_taps.py", "test_diagnosis.py", "test_remarks.py", "test_session.py",
         "test_stream.py", "test_timeline.py", "test_photo.py", "test_damage.py", "test_reference.py", "test_tls.py",
         "test_advisories.py"]

# Those that come before these for a change in this folder.
FIRST = {"taps": ["test_taps.py", "test_timeline.py"], "session": ["test_session.py", "test_diagnosis.py"]}

# Seconds until what hangs is taken for noticed; far more than all takes, on any machine.
UNIT_LIMIT = 300
TESTS_LIMIT = 3600

NOT_ENDED = "pytest, which did not end"

Mutation = namedtuple("Mutation", "file number operator old new")

COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def masked(text):
    """The same with blanks in place of comments, strings, characters, and of what the preprocessor reads."""
    text = COMMENT_OR_STRING.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return re.sub(r"^[ ]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.MULTILINE)


def swapped(pattern, pairs):
    """An operator that puts another token in a token's place."""
    def mutate(line, mask):
        for found in re.finditer(pattern, mask):
            for new in pairs[found[1]]:
                yield line[:found.start(1)] + new + line[found.end(1):]
    return mutate


def constants(line, mask):
    if re.match(r"static (?:int|gint) (?:hf|ett)_\w+ = -1;", mask):
        return  # Wireshark writes another value there before anybody reads it
    for found in re.finditer(r"(?<![\w.])(0x[0-9a-f]+|\d+)(?=[uUlL]*\b)(?![\w.]*\.)", mask):
        value = int(found[1], 0)
        for other in {value + 1, max(value - 1, 0)} - {value}:
            yield line[:found.start(1)] + (hex(other) if found[1].startswith("0x") else str(other)) + line[found.end(1):]


def removed(line, mask):
    """A statement that is a call or an assignment, whole on its line."""
    if re.match(r"\s+(?:[a-z_]\w*\(.*\)|[*a-z_][\w.>\[\]+-]* (?:[+|&^-]|<<|>>)?= .*|[a-z_][\w.>\[\]-]*(?:\+\+|--));\s*$", mask):
        if mask.count("(") == mask.count(")"):
            yield re.match(r"\s*", line)[0] + ";"


def negated(line, mask):
    found = re.match(r"(\s*(?:\} else )?(?:if|while) \()(.*)(\)(?: \{)?\s*)$", mask)
    if found and found[2].count("(") == found[2].count(")"):
        yield f"{line[:found.end(1)]}!({line[found.end(1):found.start(3)]}){line[found.start(3):]}"


def returned(line, mask):
    found = re.match(r"(\s+return )(.*);\s*$", mask)
    if found and found[2] in ("true", "false"):
        yield f"{found[1]}{'false' if found[2] == 'true' else 'true'};"
    elif found and re.search(r" (?:[<>=!]=|[<>]|&&|\|\|) |^!", found[2]) and "?" not in found[2] and found[2].count("(") == found[2].count(")"):
        yield f"{found[1]}!({line[found.end(1):found.end(2)]});"


OPERATORS = {
    "boundary": swapped(r" (<=|>=|<|>) ", {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"]}),
    "relation": swapped(r" (==|!=|<=|>=|<|>) ", {"==": ["!="], "!=": ["=="], "<": [">="], "<=": [">"], ">": ["<="], ">=": ["<"]}),
    "constant": constants,
    "removed": removed,
    "negated": negated,
    "connective": swapped(r" (&&|\|\|)(?: |$)", {"&&": ["||"], "||": ["&&"]}),
    "returned": returned,
}


def mutations(tree):
    """All of them, by operator."""
    found = {operator: [] for operator in OPERATORS}
    for folder in FOLDERS:
        for path in sorted((tree / "plugin" / folder).glob("*.c")):
            text = path.read_text(encoding="utf-8")
            for number, (line, mask) in enumerate(zip(text.splitlines(), masked(text).splitlines())):
                for operator, mutate in OPERATORS.items():
                    for new in sorted(mutate(line, mask)):
                        found[operator].append(Mutation(path.relative_to(tree), number, operator, line, new))
    return found


def drawn(tree, seed):
    """Without end: the operators by turns, since most of what can be changed are the constants of tables."""
    chance = random.Random(seed)
    stacks = mutations(tree)
    for stack in stacks.values():
        chance.shuffle(stack)
    while any(stacks.values()):
        for stack in stacks.values():
            if stack:
                yield stack.pop()


def equivalents():
    """{(file, function, old line, new line)} of those that change nothing that anybody could see; the file says why."""
    rows = [line.split(" | ") for line in EQUIVALENT.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {tuple(row[:4]) for row in rows}


def key_of(tree, mutation):
    """As in equivalents(); outside of functions the name is that of the one above."""
    above = (tree / mutation.file).read_text(encoding="utf-8").splitlines()[:mutation.number]
    names = [found[1] for found in (re.match(r"[a-z].*?(\w+)\(", line) for line in above) if found]
    return str(mutation.file), names[-1] if names else "", mutation.old.strip(), mutation.new.strip()


def described(mutation):
    return f"{mutation.file}:{mutation.number + 1}  {mutation.operator}: {mutation.old.strip()}  ->  {mutation.new.strip()}"


def copy():
    """Renews what differs alone, so that little is built."""
    kept = set()
    for name in COPIED:
        source = ROOT / name
        for path in [source] if source.is_file() else source.rglob("*"):
            target = COPY / path.relative_to(ROOT)
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            kept.add(target)
            if not target.exists() or not filecmp.cmp(path, target, shallow=False):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    for name in COPIED:
        for path in (COPY / name).rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()


def run(command, limit=None, **more):
    """(exit status, output); the status is None if it took longer, and all that it started is ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          start_new_session=True, **more) as process:
        try:
            output, _ = process.communicate(timeout=limit)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def build():
    return run(["cmake", "--build", COPY / "build"])


def failed_unit():
    """The first one that fails, with few rounds, if any does."""
    for unit in sorted(path for path in (COPY / "build/tests").glob("test_*") if path.is_file()):
        if run([unit], UNIT_LIMIT)[0] != 0:
            return unit.name
    return None


def failed_tests(*selected, limit=TESTS_LIMIT):
    """(the tests of pytest that failed, whether it ended as it should)."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "VT600_PLUGIN_DIR": str(COPY / "build/plugins")}
    status, output = run([sys.executable, "-m", "pytest", "-q", "-n", str(os.cpu_count()), "--tb=no", "-rfE", *selected], limit,
                         cwd=COPY / "tests", env=environment)
    failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
    return failed, status == 0 or (status == 1 and failed)


def ordered(file):
    """The tests in the order in which they are likely to notice a change of this file."""
    first = [test for test in TESTS if test == f"test_{file.stem}.py"] + FIRST.get(file.parts[1], [])
    return list(dict.fromkeys([*first, *TESTS]))


def noticed(file, patience):
    """By which test, if by any; by none that did not within `patience` seconds, if any are given."""
    unit = failed_unit()
    if unit:
        return unit
    failed, ended = failed_tests("-x", "-m", "not slow", *ordered(file), limit=patience or TESTS_LIMIT)
    if failed:
        return failed[0]
    return None if ended or patience else NOT_ENDED


def try_one(mutation, patience):
    """Whether it compiles, and the test that notices it."""
    path = COPY / mutation.file
    original = path.read_text(encoding="utf-8")
    lines = original.splitlines()
    assert lines[mutation.number] == mutation.old
    lines[mutation.number] = mutation.new
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if build()[0] != 0:
            return False, None
        return True, noticed(mutation.file, patience)
    finally:
        path.write_text(original, encoding="utf-8")


def diff(mutation):
    lines = (COPY / mutation.file).read_text(encoding="utf-8").splitlines()
    changed = [*lines[:mutation.number], mutation.new, *lines[mutation.number + 1:]]
    return "\n".join(difflib.unified_diff(lines, changed, str(mutation.file), "as changed", lineterm=""))


def sample(tree, seed, only):
    """(number, mutation), without those that are known to change nothing."""
    known = equivalents()
    for number, mutation in enumerate(drawn(tree, seed), 1):
        if key_of(tree, mutation) not in known and (not only or number in only):
            yield number, mutation


def main():
    parser = argparse.ArgumentParser(prog="tests/mutate", description="Breaks the plugin, a line at a time, and tells what no quick test notices.")
    parser.add_argument("--count", type=int, default=40, help="how many changes (40)")
    parser.add_argument("--seed", default="1", help="another sample (1)")
    parser.add_argument("--only", type=int, action="append", metavar="NUMBER", help="this change alone, by its number in the sample")
    parser.add_argument("--list", action="store_true", help="print the sample and do nothing")
    parser.add_argument("--patience", type=int, metavar="SECONDS", help="what pytest has not noticed by then counts as not noticed")
    parser.add_argument("--minutes", type=float, help="begin no further change after so long")
    options = parser.parse_args()
    count = len(options.only) if options.only else options.count
    if options.list:
        for (number, mutation), _ in zip(sample(ROOT, options.seed, options.only), range(count)):
            print(f"{number:4} {described(mutation)}")
        return 0

    copy()
    configured, output = run(["cmake", "-S", COPY, "-B", COPY / "build", "-G", "Ninja", f"-DPython3_EXECUTABLE={sys.executable}",
                              "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF"])
    if configured == 0:
        configured, output = build()
    if configured != 0:
        sys.exit(output)
    unit = failed_unit()
    if unit:
        sys.exit(f"{unit} fails without any change")

    by = {}
    end = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    # Of the copy: the repository may change meanwhile.
    for number, mutation in sample(COPY, options.seed, options.only):
        start = time.monotonic()
        compiles, test = try_one(mutation, options.patience)
        if compiles:
            by[mutation] = test
        verdict = f"noticed by {test}" if test else "NOT NOTICED" if compiles else "does not compile"
        print(f"{number:4} {verdict}, in {time.monotonic() - start:.0f} seconds: {described(mutation)}", flush=True)
        if len(by) == count or time.monotonic() > end:
            break

    build()  # as it was
    tests = sorted({test for test in by.values() if test and "::" in test})
    failed, ended = failed_tests(*tests) if tests else ([], True)
    if not ended:
        sys.exit("pytest does not end as it should without any change")
    for mutation, test in by.items():
        if test in failed:
            print(f"fails without any change, so it has noticed nothing: {test}")
            by[mutation] = None
    survivors = [mutation for mutation, test in by.items() if not test]
    for mutation in survivors:
        print(f"\n{diff(mutation)}")
    print(f"\n{len(by) - len(survivors)} of {len(by)} noticed")
    return 0 if len(survivors) <= len(by) // 20 else 1


if __name__ == "__main__":
    sys.exit(main())
