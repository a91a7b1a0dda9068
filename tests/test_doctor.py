# SPDX-License-Identifier: GPL-2.0-or-later
"""The doctor: each fault is prepared for real, must be named, and the command that it gives must mend it.

Knows folders and settings of Wireshark; nothing of the protocol. Wireshark's own global folder is never touched: the
tests that need another one run in a mount namespace.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from wireshark import AS_USER, CAPTURES, ROOT

pytestmark = pytest.mark.slow

DOCTOR = ROOT / "packaging/vt600-doctor"
NOBODY = 65534
# Without the right to pass over file permissions.
AS_STRANGER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
HAS_NAMESPACES = os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


class Patient:
    """A user with a home of their own, and the plugin that was built."""

    def __init__(self, folder, built):
        self.home = folder
        self.built = built
        self.name = built.parent.parent.name        # of a plugin folder: "4.0"
        self.plugins = self.home / ".local/lib/wireshark/plugins"
        self.personal = self.plugins / self.name / "epan"
        self.settings = self.home / ".config/wireshark"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self.doctor = DOCTOR
        self.as_user = AS_USER
        self.shared = None

    def install(self, path=None, content=None):
        path = path or self.personal / "vt600.so"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.built.read_bytes() if content is None else content)
        return path

    def set(self, name, text, profile=None):
        path = self.settings / (f"profiles/{profile}" if profile else "") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *command):
        """As the user, who owns the home; with self.shared in place of the global plugin folder."""
        if os.geteuid() == 0 and self.as_user:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.home], check=True)
        place = []
        if self.shared:
            folder = subprocess.check_output(["pkg-config", "--variable=plugindir", "wireshark"], text=True).strip()
            bind = f"mount --bind '{self.shared}' '{folder}/epan' && exec \"$@\""
            place = ["unshare", "--mount", "sh", "-c", bind, "sh"]
        assignments = [f"{name}={value}" for name, value in self.environment.items()]
        return subprocess.run([*place, *self.as_user, "env", "-i", *assignments, *map(str, command)], text=True,
                              cwd="/", capture_output=True, check=False)

    def ask(self, *args):
        """The doctor's exit status, the names of the faults, all of the text."""
        run = self.run(self.doctor, "--build", self.built.parents[3], *args)
        assert not run.stderr, run.stderr
        return run.returncode, re.findall(r"^FAULT +(\S+)", run.stdout, re.MULTILINE), run.stdout

    def mend(self, text):
        for command in re.findall(r"^ +mend +(.*)", text, re.MULTILINE):
            run = self.run("bash", "-c", command)
            assert run.returncode == 0, f"{command}: {run.stderr}"

    def has(self, fault, status=1):
        """It is the one fault, and the doctor's command mends it."""
        code, faults, text = self.ask()
        assert (code, faults) == (status, [fault]), text
        self.mend(text)
        self.is_well()
        return text

    def is_well(self):
        code, faults, text = self.ask()
        assert (code, faults) == (0, []), text
        return text


@pytest.fixture
def patient(wireshark):
    built = next(wireshark.plugins.glob("*/epan/vt600.so"))
    if b"libasan.so" in built.read_bytes():
        pytest.skip("no user has a plugin with sanitizers, which tshark loads only with their libraries")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Patient(Path(folder), built)


@pytest.fixture
def patient_with_plugin(patient):
    patient.install()
    return patient


def compiled(folder, major, minor, more=()):
    source = folder / "stub.c"
    source.write_text(f"""
        const char plugin_version[] = "0.9.0";
        const int plugin_want_major = {major}, plugin_want_minor = {minor};
        void plugin_register(void) {{}}
    """)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "stub.so", source, *more], check=True)
    return (folder / "stub.so").read_bytes()


def test_nothing_is_wrong_with_an_installed_plugin(patient_with_plugin):
    text = patient_with_plugin.is_well()
    assert "the plugin loads and is on" in text
    assert patient_with_plugin.personal.as_posix() in text


def test_no_copy_anywhere(patient):
    patient.has("not-installed")


def test_a_copy_for_another_series(patient, tmp_path):
    patient.install(content=compiled(tmp_path, 3, 6))
    assert "is built for Wireshark 3.6" in patient.has("other-series")


def test_the_only_copy_is_for_another_wireshark_and_in_the_folder_of_that(patient, tmp_path):
    patient.install(patient.plugins / "3.6/epan/vt600.so", compiled(tmp_path, 3, 6))
    patient.has("other-series")
    assert (patient.plugins / "3.6/epan/vt600.so").exists()


def test_a_copy_for_another_wireshark_beside_a_good_one_is_no_fault(patient_with_plugin, tmp_path):
    patient_with_plugin.install(patient_with_plugin.plugins / "3.6/epan/vt600.so", compiled(tmp_path, 3, 6))
    patient_with_plugin.is_well()


@pytest.mark.parametrize("place", ["vt600.so", "3.6/epan/vt600.so", "{name}/vt600.so"])
def test_a_copy_in_a_folder_where_wireshark_does_not_look(patient, place):
    patient.install(patient.plugins / place.format(name=patient.name))
    patient.has("wrong-folder")


def test_two_copies_in_one_folder_keep_wireshark_from_starting(patient_with_plugin):
    patient_with_plugin.install(patient_with_plugin.personal / "vt600-1.0.so")
    patient_with_plugin.has("two-copies")


def test_two_copies_in_two_folders(patient_with_plugin):
    other = patient_with_plugin.home / "plugins"
    patient_with_plugin.environment["WIRESHARK_PLUGIN_DIR"] = str(other)
    patient_with_plugin.install(other / patient_with_plugin.name / "epan/vt600.so")
    patient_with_plugin.has("two-copies")


def test_a_library_is_missing(patient):
    content = re.sub(rb"libwireshark\.so\.", b"libwiresharX.so.", patient.built.read_bytes())
    patient.install(content=content)
    assert "libwiresharX" in patient.has("missing-library")


def test_a_library_is_missing_because_the_copy_is_for_another_series(patient, tmp_path):
    content = compiled(tmp_path, 3, 6, ["-Wl,--no-as-needed", "-Wl,-soname,libgone.so.1"])
    library = tmp_path / "libgone.so.1"
    library.write_bytes(content)
    content = compiled(tmp_path, 3, 6, ["-Wl,--no-as-needed", str(library)])
    library.unlink()
    patient.install(content=content)
    patient.has("other-series")


def test_a_copy_for_another_architecture(patient):
    content = bytearray(patient.built.read_bytes())
    content[18:20] = (243 if content[18] != 243 else 62).to_bytes(2, "little")
    patient.install(content=bytes(content))
    patient.has("other-architecture")


@pytest.mark.parametrize("length", [40, -1])
def test_a_copy_that_is_cut_short(patient, length):
    patient.install(content=patient.built.read_bytes()[:length])
    patient.has("damaged")


@pytest.mark.parametrize("what", ["empty", "folder", "loop of links", "sections of no size", "offsets beyond the file"])
def test_a_strange_copy_is_answered_and_mended(patient, what):
    content = bytearray(patient.built.read_bytes())
    path = patient.personal / "vt600.so"
    path.parent.mkdir(parents=True)
    if what == "folder":
        path.mkdir()
    elif what == "loop of links":
        path.symlink_to(path.name)
    elif what == "empty":
        path.touch()
    elif what == "sections of no size":
        content[58:60] = bytes(2)
        path.write_bytes(content)
    else:
        content[40:48] = b"\xff" * 7 + b"\x7f"
        path.write_bytes(content)
    patient.has("damaged")


def test_a_copy_that_is_something_else(patient):
    patient.install(content=b"<html>Not found</html>" * 9)
    patient.has("damaged")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_copy_that_may_not_be_read(patient_with_plugin, what):
    patient = patient_with_plugin
    # This one has no rights to the repository either.
    patient.as_user = AS_STRANGER
    patient.doctor = shutil.copy(DOCTOR, patient.home)
    (patient.personal / "vt600.so" if what == "file" else patient.personal).chmod(0)
    try:
        patient.has("unreadable")
    finally:
        patient.personal.chmod(0o755)


@pytest.mark.skipif(not HAS_NAMESPACES, reason="needs root and mount namespaces")
def test_root_has_a_personal_copy_only(patient_with_plugin):
    patient_with_plugin.as_user = []
    patient_with_plugin.shared = patient_with_plugin.home / "shared"
    patient_with_plugin.shared.mkdir()
    assert "ignores the personal folder" in patient_with_plugin.has("root")


@pytest.mark.skipif(not HAS_NAMESPACES, reason="needs root and mount namespaces")
def test_root_installs_for_everybody(patient):
    patient.as_user = []
    patient.shared = patient.home / "shared"
    patient.shared.mkdir()
    patient.has("not-installed")
    assert (patient.shared / "vt600.so").exists()


@pytest.mark.skipif(not HAS_NAMESPACES, reason="needs root and mount namespaces")
def test_a_damaged_global_copy_keeps_wireshark_from_starting(patient):
    patient.shared = patient.home / "shared"
    patient.install(patient.shared / "vt600.so", patient.built.read_bytes()[:3000])
    patient.has("damaged")


@pytest.mark.parametrize("protocol, profile", [("vt600", None), ("vt600", "Night shift"), ("tcp", None)])
def test_the_protocol_is_switched_off(patient_with_plugin, profile, protocol):
    patient_with_plugin.set("disabled_protos", f"aim\n{protocol}\nzbee_nwk\n", profile)
    assert f"profile {profile or 'Default'}" in patient_with_plugin.has("protocol-off")


@pytest.mark.parametrize("heuristic, profile", [("vt600_tcp", None), ("vt600_udp", "Night shift")])
def test_a_heuristic_is_switched_off(patient_with_plugin, profile, heuristic):
    patient_with_plugin.set("heuristic_protos", f"{heuristic},0\nzbee_nwk_wlan,1\n", profile)
    patient_with_plugin.has("heuristic-off")


def test_something_else_takes_the_protocols_frames(patient_with_plugin):
    # No doctor knows every cause; the sample frame shows that there is one.
    patient_with_plugin.set("decode_as_entries", "decode_as_entry: tcp.port,52341,(none),HTTP\n")
    code, faults, text = patient_with_plugin.ask()
    assert (code, faults) == (1, ["not-used"]), text


def test_there_is_no_tshark(patient_with_plugin):
    patient_with_plugin.environment["PATH"] = "/nowhere"
    patient_with_plugin.as_user = []
    run = patient_with_plugin.run("/usr/bin/python3", patient_with_plugin.doctor)
    assert run.returncode == 2 and re.match(r"FAULT +no-tshark\n", run.stdout), run.stdout + run.stderr


def test_the_versions_of_both_are_told(patient_with_plugin):
    assert re.fullmatch(r"vt600 \d+\.\d+\.\d+, Wireshark \d+\.\d+\.\d+\n", patient_with_plugin.ask("--version")[2])


def test_another_wireshark_of_another_series_is_on_the_path(patient_with_plugin):
    program = patient_with_plugin.home / "opt/bin/wireshark"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'Wireshark 9.8.7'\n")
    program.chmod(0o755)
    patient_with_plugin.environment["PATH"] += f":{program.parent}"
    code, faults, text = patient_with_plugin.ask()
    assert (code, faults) == (1, ["other-wireshark"]), text
    assert f"-DCMAKE_PREFIX_PATH={patient_with_plugin.home}/opt" in text
    patient_with_plugin.install(patient_with_plugin.plugins / "9.8/epan/vt600.so")
    patient_with_plugin.is_well()


def test_what_shows_less_is_a_remark(patient_with_plugin):
    preferences = ["tcp.desegment_tcp_streams", "vt600.desegment", "vt600.check_checksum"]
    patient_with_plugin.set("preferences", "".join(f"{name}: FALSE\n" for name in preferences))
    patient_with_plugin.set("decode_as_entries", "decode_as_entry: tcp.port,8500,(none),HTTP\n")
    text = patient_with_plugin.is_well()
    remarks = re.findall(r"^remark +(.*)\n +(.*)", text, re.MULTILINE)
    assert remarks[0][0].startswith("tcp.try_heuristic_first and udp.try_heuristic_first not TRUE, profile Default")
    assert [remark.split(" is ")[0] for remark, _ in remarks[1:4]] == preferences
    assert remarks[4][0] == "Decode As gives tcp.port 8500 to HTTP, profile Default"
    for _, command in remarks[1:]:
        patient_with_plugin.run("bash", "-c", command)
    assert patient_with_plugin.is_well().count("remark ") == 1
    patient_with_plugin.set("preferences", "tcp.try_heuristic_first: TRUE\nudp.try_heuristic_first: TRUE\n")
    assert "remark" not in patient_with_plugin.is_well()


def test_only_the_exit_status_is_asked_for(patient):
    assert patient.ask("--quiet") == (1, [], "")


def test_a_capture_with_frames(patient_with_plugin):
    code, _, text = patient_with_plugin.ask(CAPTURES / "requests-sent-again.pcapng")
    assert code == 0 and re.search(r"^capture .*: \d\d packets with frames", text, re.MULTILINE)


def test_a_capture_whose_frames_go_to_another_protocol(patient_with_plugin):
    patient_with_plugin.set("decode_as_entries", "decode_as_entry: tcp.port,8500,(none),HTTP\n")
    code, _, text = patient_with_plugin.ask(CAPTURES / "requests-sent-again.pcapng")
    assert code == 0 and "the capture has none of its frames" in text
    assert re.search(r"packets of tcp port 8500 have what may begin a frame and are shown as", text)
    command = re.search(r"^ +(tshark -r .*vt600)$", text, re.MULTILINE)[1]
    assert "Get tracker info" in patient_with_plugin.run("bash", "-c", command).stdout


def test_a_capture_that_cannot_be_read_is_said_to_be_none(patient_with_plugin):
    run = patient_with_plugin.run(DOCTOR, "/nowhere.pcapng")
    assert run.returncode == 2 and "no such capture" in run.stderr
