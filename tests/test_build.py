# SPDX-License-Identifier: GPL-2.0-or-later
"""How the plugin is built: hardened, the same in any folder, and without a guess at what a version of Wireshark has."""

import json
import re
import shutil
import subprocess

import pytest

import windows
from wireshark import ROOT

SOURCES = sorted((ROOT / "plugin").rglob("*.[ch]"))


def text_of(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def plugin(wireshark):
    return next(wireshark.plugins.glob("*/epan/vt600.so"))


def test_the_plugin_is_hardened(plugin):
    dynamic = text_of("readelf", "--wide", "--dynamic", plugin)
    assert "BIND_NOW" in dynamic and "TEXTREL" not in dynamic
    segments = text_of("readelf", "--wide", "--segments", plugin)
    assert "GNU_RELRO" in segments and re.search(r"GNU_STACK.* RW ", segments)
    symbols = text_of("nm", "--dynamic", "--undefined-only", plugin)
    assert "__stack_chk_fail" in symbols  # stack protector
    assert re.search(r"__\w+_chk\b(?<!__stack_chk)", symbols)  # fortified calls


@pytest.mark.slow
def test_the_plugin_is_the_same_in_any_folder(tmp_path):
    built = []
    for name in ("one", "another_folder"):
        source = tmp_path / name / "vt600"
        for folder in ("plugin", "cmake", "tests/unit"):
            shutil.copytree(ROOT / folder, source / folder)
        for file in ("CMakeLists.txt", "tests/CMakeLists.txt"):
            shutil.copy(ROOT / file, source / file)
        text_of("cmake", "-S", source, "-B", source / "out", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug")
        text_of("cmake", "--build", source / "out", "--target", "vt600")
        built.append(next(source.glob("out/plugins/*/epan/vt600.so")).read_bytes())
    assert built[0] == built[1]
    assert str(tmp_path).encode() not in built[0]


def test_nothing_depends_on_the_number_of_wiresharks_version():
    """Not even what is written for other versions: it asks the headers. plugin.c says for which one it was built."""
    found = {path.name for path in SOURCES if re.search(r"VERSION_(MAJOR|MINOR|MICRO)", path.read_text(encoding="utf-8"))}
    assert found == {"plugin.c"}


def test_what_the_headers_are_asked_is_used():
    asked = set(re.findall(r"vt600-asks ([A-Z_]+)", (ROOT / "cmake/ask_wireshark.c").read_text(encoding="utf-8")))
    asked |= set(re.findall(r"vt600_ask_presence\(answer ([A-Z_]+)", (ROOT / "cmake/AskWireshark.cmake").read_text(encoding="utf-8")))
    used = {word for path in SOURCES for word in re.findall(r"VT600_ASK_([A-Z_]+)", path.read_text(encoding="utf-8"))}
    assert asked and asked - {"TLSINFO"} == used - {"TLSINFO", ""}


def test_no_table_holds_the_address_of_wiresharks_own_object():
    """On Windows that is not a constant: the object is in a DLL."""
    for path in SOURCES:
        found = re.findall(r"&units_\w+|&tfs_\w+|\bproto_checksum_vals\b", path.read_text(encoding="utf-8"))
        assert not found, path


def test_every_preset_is_described_and_configures():
    presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
    assert all(preset["displayName"] for preset in presets["configurePresets"])
    names = {preset["name"] for preset in presets["configurePresets"]}
    told = text_of("cmake", "-S", ROOT, "--list-presets")
    assert names == set(re.findall(r'^ +"(\w+)"', told, re.MULTILINE))


def test_what_windows_dlls_export_is_read_from_the_headers(tmp_path):
    (tmp_path / "sample.h").write_text("""
        WS_DLL_PUBLIC int plain(void);
        WS_DLL_PUBLIC WS_RETNONNULL const char *
        pointer(const char *(*callback)(int), int);
        WS_DLL_PUBLIC WS_PRINTF(1, 2) void attributes(const char *, ...);
        WS_DLL_PUBLIC const int table[];
        WS_DLL_PUBLIC int number;
        /* WS_DLL_PUBLIC int comment(void); */
        extern int not_exported(void);
        WS_DLL_LOCAL int local(void);
    """, encoding="utf-8")
    assert windows.exported(tmp_path) == {"plain", "pointer", "attributes", "table", "number"}
