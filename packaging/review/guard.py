# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command such that nothing of it outlives us, however we end.

A process of its own (the guard) starts the command and holds one end of a pipe. As soon as the other end closes, also because
we were killed, the guard ends the command with all that the command has started, then itself.
"""

import ctypes
import os
import select
import signal
import subprocess
import time

SUBREAPER = 36                  # of prctl(2): children of children that end become the guard's
PATIENCE = 3                    # seconds for the command to end by itself


class Guarded:
    """A command at work. `lock` is a file that stays locked as long as anything of it runs."""

    def __init__(self, command, **how):
        theirs, self.lease = os.pipe()
        self.status = None
        self.pid = os.fork()
        if self.pid:
            os.close(theirs)
            return
        status = 1
        try:
            os.close(self.lease)
            status = watch(command, theirs, how)
        finally:
            os._exit(status)    # whatever happened: the child must never go on as we do

    def is_at_work(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def release(self):
        """Asks it to end, and returns at once."""
        if self.lease is not None:
            os.close(self.lease)
            self.lease = None

    def end(self):
        """Returns once nothing runs any more."""
        self.release()
        while self.is_at_work():
            time.sleep(0.02)


def watch(command, lease, how):
    """The guard. Returns the command's exit status."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with subprocess.Popen(command, restore_signals=True, preexec_fn=default_signals, **how) as process:
        while process.poll() is None:
            if select.select([lease], [], [], 0.05)[0]:
                end(process)
        # Whatever it left behind.
        kill_descendants()
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def default_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def end(process):
    """At the first SIGTERM GNU parallel starts no more jobs, at the next it ends those that run, on other machines too."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        process.terminate()
        try:
            process.wait(timeout=0.3)
        except subprocess.TimeoutExpired:
            pass
    if process.poll() is None:
        process.kill()
        process.wait()


def kill_descendants():
    """Until there are none; where there is no /proc, the command itself has ended its jobs."""
    until = time.monotonic() + PATIENCE
    while (left := descendants()) and time.monotonic() < until:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:     # it has ended meanwhile
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.01)


def descendants():
    parents = {}
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                parents[pid] = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            pass
    found, new = [], {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new}
        found += new
    return found
