# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a folder that stands for the development files of Wireshark and GLib on Windows, out of the headers of this system.

    windows.py make FOLDER WIRESHARK_HEADERS GLIB_HEADERS GLIBCONFIG LIBGLIB   makes it
    windows.py check DLL                                                       says what a built plugin imports and exports

An import library has what its DLL exports: what Wireshark's headers mark with WS_DLL_PUBLIC. So the linker refuses a plugin that
calls what the DLL would not have. Nothing is known here of what the plugin calls.
"""

import re
import subprocess
import sys
from pathlib import Path

# Wireshark installs no header of these; in its source, epan/sequence_analysis.h marks them as the others.
WITHOUT_HEADER = {"register_seq_analysis", "sequence_analysis_create_sai_with_addresses", "sequence_analysis_use_color_filter"}

LIBRARIES = {"wireshark": ("libwireshark.dll", "epan"), "wsutil": ("libwsutil.dll", "wsutil"), "wiretap": ("libwiretap.dll", "wiretap")}
GLIB = "glib-2.0-0.dll"

EXPORTS = {"plugin_describe", "plugin_register", "plugin_version", "plugin_want_major", "plugin_want_minor"}
WINDOWS = re.compile(r"KERNEL32\.dll|api-ms-win-crt-[a-z]+-l1-1-0\.dll", re.IGNORECASE)

# A glibconfig.h for Linux on x86_64, made one for Windows: there a long has 32 bits.
GLIBCONFIG = [
    (r"typedef signed long (gint64|gssize|gintptr);", r"typedef signed long long \1;"),
    (r"typedef unsigned long (guint64|gsize|guintptr);", r"typedef unsigned long long \1;"),
    (r"\(val##L\)", "(val##LL)"),
    (r"\(val##UL\)", "(val##ULL)"),
    (r'(#define G_(?:GINT64|GUINT64|GSIZE|GSSIZE|GINTPTR|GUINTPTR)_(?:MODIFIER|FORMAT)\s+)"l', r'\1"ll'),
    (r"(#define GLIB_SIZEOF_LONG\s+)8", r"\g<1>4"),
    (r"(#define G_(?:MAXSIZE|MINSSIZE|MAXSSIZE)\s+)(G_M\w\w)(ULONG|LONG)",
     lambda match: match[1] + match[2] + {"ULONG": "UINT64", "LONG": "INT64"}[match[3]]),
    (r"\(glong\) \(", "(gint64) ("),
    (r"\(gulong\) \(p", "(guint64) (p"),
    (r"((?:glong|gulong)\)? G(?:U?)INT)64", r"\g<1>32"),
    (r"#define G_OS_UNIX", "#define G_OS_WIN32\n#define G_PLATFORM_WIN32"),
    (r"#define G_THREADS_IMPL_POSIX", "#define G_THREADS_IMPL_WIN32"),
    (r"typedef int GPid;", "typedef void *GPid;"),
    (r"#define GLIB_HAVE_ALLOCA_H", ""),
    (r'#define G_DIR_SEPARATOR .*', r"#define G_DIR_SEPARATOR '\\\\'"),
]


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def exported(headers):
    """The names that these headers mark with WS_DLL_PUBLIC."""
    names = set()
    for header in headers.rglob("*.h"):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", header.read_text(encoding="utf-8", errors="replace"), flags=re.DOTALL)
        for declaration in re.findall(r"\bWS_DLL_PUBLIC\b([^;{]*)", text):
            declaration = re.sub(r"\b[A-Z_]{4,}\s*\([^()]*\)", " ", declaration)  # macros with arguments
            match = re.search(r"(\w+)\s*[(\[]", declaration) or re.search(r"(\w+)\s*$", declaration)
            if match:
                names.add(match[1])
    return names


def import_library(folder, name, dll, names):
    definition = folder / f"{name}.def"
    definition.write_text(f'LIBRARY "{dll}"\nEXPORTS\n' + "".join(f"    {symbol}\n" for symbol in sorted(names)), encoding="ascii")
    run("x86_64-w64-mingw32-dlltool", "--input-def", definition, "--output-lib", folder / f"lib{name}.dll.a")


def make(folder, wireshark, glib, glibconfig, libglib):
    folder, wireshark, glib = Path(folder), Path(wireshark), Path(glib)
    include = folder / "include"
    include.mkdir(parents=True, exist_ok=True)
    for name, target in ("wireshark", wireshark), ("glib-2.0", glib):
        (include / name).unlink(missing_ok=True)
        (include / name).symlink_to(target)
    text = Path(glibconfig).read_text(encoding="utf-8")
    for old, new in GLIBCONFIG:
        text, count = re.subn(old, new, text)
        if not count:
            sys.exit(f"{glibconfig} has nothing like {old}")
    (include / "glibconfig.h").write_text(text, encoding="utf-8")

    (include / "glib").mkdir(exist_ok=True)
    (include / "glib/gwin32.h").touch()  # which GLib installs on Windows only, and which has nothing that a plugin needs

    library = folder / "lib"
    library.mkdir(exist_ok=True)
    for name, (dll, part) in LIBRARIES.items():
        names = exported(wireshark / part)
        import_library(library, name, dll, names | WITHOUT_HEADER if name == "wireshark" else names)
    symbols = re.findall(r" T (g_\w+)", run("nm", "--dynamic", "--defined-only", libglib).replace("@", " "))
    tables = re.findall(r" [DR] (g_\w+)", run("nm", "--dynamic", "--defined-only", libglib).replace("@", " "))
    import_library(library, "glib-2.0", GLIB, {*symbols, *(f"{table} DATA" for table in tables)})

    version = re.findall(r"VERSION_(?:MAJOR|MINOR|MICRO) (\d+)", (wireshark / "ws_version.h").read_text(encoding="utf-8"))
    packages = folder / "pkgconfig"
    packages.mkdir(exist_ok=True)
    (packages / "glib-2.0.pc").write_text(f"""Name: GLib
Description: on Windows
Version: 2.74
Libs: -L{library} -lglib-2.0
Cflags: -I{include}/glib-2.0 -I{include}
""", encoding="utf-8")
    (packages / "wireshark.pc").write_text(f"""prefix={folder}
libdir={library}
plugindir={folder}/plugins/{".".join(version[:2])}
Name: Wireshark
Description: on Windows
Version: {".".join(version)}
Requires: glib-2.0
Libs: -L{library} -lwireshark -lwsutil
Cflags: -I{include}/wireshark
""", encoding="utf-8")


def check(dll):
    text = run("x86_64-w64-mingw32-objdump", "--private-headers", dll)
    imports = {}
    for part in re.split(r"\n\s*DLL Name: ", text)[1:]:
        name, *rows = part.splitlines()
        imports[name] = [row.split()[-1] for row in rows[1:] if re.match(r"\s+[0-9a-f]+\s+\d+\s+\w+", row)]
    exports = set(re.findall(r"^\s+\[\s*\d+\](?: \+base\[\s*\d+\]\s+\w+)? (\w+)$", text, re.MULTILINE))
    ours = {dll for dll, _ in LIBRARIES.values()} | {GLIB}
    foreign = [name for name in imports if name not in ours and not WINDOWS.fullmatch(name)]
    print(", ".join(f"{name} {len(names)}" for name, names in sorted(imports.items()) if name in ours))
    if foreign:
        sys.exit(f"It imports from {', '.join(foreign)}, which a Windows with Wireshark does not have")
    if exports != EXPORTS:
        sys.exit(f"It exports {', '.join(sorted(exports)) or 'nothing'}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
