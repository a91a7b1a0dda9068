# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pages of the documentation name exists, and their examples print what they show.

Knows how these files are written: code between backticks or indented, `$` before a command that is shown with its
output, `...` for lines left out. Knows nothing of the protocol.
"""

import os
import re
import shutil
import subprocess

import pytest

from wireshark import AS_USER, CAPTURES, ROOT

GUIDE = ("README.md", "doc/analysis.md", "doc/installing.md", "doc/review.md", "doc/settings.md")
PAGES = (*GUIDE, "CONTRIBUTING.md", "SECURITY.md", "captures/README.md", "doc/cost.md", "doc/watch.md")
TOP = ("captures", "cmake", "doc", "packaging", "plugin", "tests")
MADE = ("tests/fuzz/crashes/",)  # as soon as there is a crash
SAMPLE = re.compile(r"\b[A-Z]{3,}(?:\.[A-Z]+)?\b")  # CAPTURE.KIND, FILE: stands for any name

WORDS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
CODE = {page: re.findall(r"`([^`\n]+)`", text) + re.findall(r"^ {4}(.+)$", text, re.MULTILINE)
        for page, text in WORDS.items()}


def paths(page):
    """Paths into the repository, as they stand in code, with * for what stands for any name."""
    for code in CODE[page]:
        for path in re.findall(rf"(?<![\w./*~-])(?:\./)?((?:{'|'.join(TOP)})/(?:[\w.@*/-]|\{{[^}}]*\}})*)", code):
            yield from expand(SAMPLE.sub("*", path).rstrip(".,"))


def expand(path):
    """{a,b} as the shell reads it."""
    if not (braces := re.search(r"\{([^}]*)\}", path)):
        return [path]
    return [path.replace(braces[0], word) for word in braces[1].split(",")]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page):
    named = set(paths(page))
    missing = {path for path in named if not path.startswith(MADE) and not list(ROOT.glob(path.rstrip("/")))}
    assert named and not missing


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(#[^)]*)?\)", WORDS[page]):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor[1:] in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES)
def test_options_of_our_commands_are_known_to_them(page):
    """An option that stands after the name of one of our commands is in the text of that command, or of what it runs."""
    for code in CODE[page]:
        for command, rest in re.findall(r"\b((?:packaging|tests)/[\w/-]+|vt600-(?:review|watch|doctor)) ([^|>]*)", code):
            file = ROOT / (command if "/" in command else f"packaging/{command}")
            if not file.is_file() or command == "packaging/demo":  # whose options are tshark's
                continue
            sources = [file, file.with_suffix(".py"), *(ROOT / "packaging/review").glob("*.py")]
            known = "".join(source.read_text(encoding="utf-8") for source in sources if source.is_file())
            if command == "tests/bench/run":
                known += (ROOT / "tests/bench/bench.py").read_text(encoding="utf-8")
            for option in re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", rest):
                assert option in known, f"{command} {option}"


@pytest.fixture(scope="module")
def known(wireshark):
    """All names that the plugin gives to fields, preferences, heuristics and statistics."""
    fields = {line.split("\t")[2] for line in wireshark.glossary("fields").splitlines() if line[0] in "FP"}
    preferences = set(re.findall(r"^#(vt600\.[\w.]+):", wireshark.glossary("defaultprefs"), re.MULTILINE))
    return {name for name in fields | preferences if name.split(".")[0] == "vt600"}


@pytest.mark.parametrize("page", PAGES)
def test_fields_and_preferences_that_are_named_exist(page, known, wireshark):
    named = {name for code in CODE[page] for name in re.findall(r"(?<![\w/.-])vt600\.[a-z_][\w.]*\w", code)}
    named -= {"vt600.so", "vt600.lua"}
    unknown = named - known
    capture = CAPTURES / "ota-complete.pcapng"
    # Preferences that come with Decode As are in no glossary: tshark takes them, or says that it does not know them.
    refused = {name for name in unknown if subprocess.run(
        wireshark.command("tshark", "-r", capture, "-c", 1, "-o", f"{name}:8500"), capture_output=True, check=False).returncode}
    assert not refused
    assert page != "doc/analysis.md" or len(named & known) > 20


def test_names_of_the_plugin_that_are_no_fields_exist(wireshark):
    settings = WORDS["doc/settings.md"]
    heuristics = {f"vt600_{line.split()[0]}" for line in wireshark.glossary("heuristic-decodes").splitlines()
                  if line.split("\t")[1] == "vt600"}
    assert heuristics == set(re.findall(r"`(vt600_(?:tcp|udp|tls))`", settings))
    tables = set(re.findall(r"`(vt600_\w+codes)`", settings))
    assert len(tables) == 2
    for name, status in (*((table, 0) for table in tables), ("vt600_other", 1)):
        run = subprocess.run(wireshark.command("tshark", "-r", CAPTURES / "ota-complete.pcapng", "-c", 1, "-o",
                                               f'uat:{name}:"17","X"'), capture_output=True, check=False)
        assert run.returncode == status, run.stderr
    taps = subprocess.run(wireshark.command("tshark", "-z", "help"), capture_output=True, text=True, check=False)
    there = set(re.findall(r"^ *(\S*\bvt600\b\S*)$", taps.stdout + taps.stderr, re.MULTILINE))
    assert {re.sub(r",(network|any)$", "", tap) for tap in re.findall(r"-z (vt600,\w+|flow,vt600)", WORDS["doc/analysis.md"])} == there


def test_every_preference_is_described(wireshark):
    preferences = set(re.findall(r"^#(vt600\.[\w.]+):", wireshark.glossary("defaultprefs"), re.MULTILINE))
    assert preferences and preferences == {name for name in preferences if f"`{name}`" in WORDS["doc/settings.md"]}


def test_the_version_stands_in_one_place():
    """In project() of CMakeLists.txt; the changelog repeats it, and test_reference.py compares."""
    version = re.search(r"^project\(vt600 VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != "COPYING"]
    files += [path for folder in ("cmake", "doc", "packaging", "plugin") for path in (ROOT / folder).rglob("*")
              if path.suffix not in (".png", ".pyc") and path.is_file()]
    found = {str(path.relative_to(ROOT)) for path in files if version in path.read_text(encoding="utf-8")}
    assert found == {"CMakeLists.txt", "CHANGELOG.md", "packaging/CMakeLists.txt"}  # the last: how versions sort


def examples():
    """[(command, what it prints)] for each indented part of the guide in which a command stands after a $."""
    for block in (block for page in GUIDE for block in re.findall(r"(?:^(?: {4}.*)?\n)+", WORDS[page], re.MULTILINE)):
        said = [re.fullmatch(r"((?:.*\\\n)*.*)\n((?:.*\n)*)", part).groups()
                for part in re.split(r"^ {4}\$ ", block, flags=re.MULTILINE)[1:]]
        # Of a system with a fault: test_doctor.py has those.
        if said and not said[0][0].startswith("packaging/vt600-doctor"):
            yield [(command, re.sub(r"^ {4}", "", output, flags=re.MULTILINE)) for command, output in said]


def lines(text):
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@pytest.mark.parametrize("said", list(examples()), ids=lambda said: said[-1][0][:60])
def test_example_prints_what_the_page_shows(said, wireshark, tmp_path):
    if wireshark.series != (4, 0):
        pytest.skip("the pages show what Wireshark 4.0 prints")
    for name in ("captures", "packaging"):
        (tmp_path / name).symlink_to(ROOT / name)
    if AS_USER:
        os.chown(tmp_path, 65534, 65534)
    for command, shown in said:
        needed = {"jq", "parallel", "editcap"} & set(re.findall(r"\w+", command.replace("vt600-review", "parallel")))
        if absent := {name for name in needed if not shutil.which(name)}:
            pytest.skip(f"not installed: {absent}")
        # What packaging/demo does, but that it builds. Alone it is run as it is, by whoever may write the folder for builds.
        command = re.sub(r"^packaging/demo ", "tshark -r ", command)
        words = ["bash", "-c", command]
        if command != "packaging/demo":
            words = wireshark.command(*words, WIRESHARK_PLUGIN_DIR=wireshark.plugins)
        run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
        pattern = "\n".join(".+" if line == "..." else re.escape(line) for line in lines(shown))
        got = lines(run.stdout) + lines(run.stderr)
        assert re.fullmatch(pattern, "\n".join(got), re.DOTALL), "\n".join([command, *got])
