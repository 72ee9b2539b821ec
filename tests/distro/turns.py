# SPDX-License-Identifier: LGPL-2.1-or-later
"""turns.py - several jobs at once, of which one at a time is measured while all others stand still.

Making an image and booting up to the crash take one processor and minutes, so two run side by side.
From the crash on a machine has the host for itself: what it is compared with had it, too. Whoever is
stopped does not see the time go by: a machine's clock stands, and stopped_s() is for its deadline.
"""

import os
import signal
import subprocess
import threading
import time

from vmlib.errors import VmError


class Job:
    """What can be stopped. How is the derived class's matter: _stop(), _go()."""

    def __init__(self):
        self._since, self._sum = None, 0.0

    def stop(self):
        if self._since is None:
            self._since = time.monotonic()
            self._stop()

    def go(self):
        if self._since is not None:
            self._go()
            self._sum, self._since = self.stopped_s(), None

    def stopped_s(self):
        return self._sum + (time.monotonic() - self._since if self._since is not None else 0.0)


class MachineJob(Job):
    """A machine of vmlib."""

    def __init__(self, machine):
        super().__init__()
        self._machine = machine

    def _ask(self, command):
        try:
            self._machine.qmp.command(command)
        except (VmError, OSError):
            pass    # it has ended, and disturbs nobody

    def _stop(self):
        self._ask("stop")

    def _go(self):
        self._ask("cont")


def family(pid):
    """@pid and all below it. Not its process group: apt gives dpkg a session of its own."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                    parent = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def tell(pid, number):
    """Send a signal to the family of @pid, until nobody in it is new: a child may be born meanwhile."""
    told, new = set(), family(pid)
    while new:
        for one in new:
            try:
                os.kill(one, number)
            except ProcessLookupError:
                pass
        told.update(new)
        new = [one for one in family(pid) if one not in told]


def end(pid):
    """Kill it with its family. Stopped first, or a child might be born to nobody."""
    tell(pid, signal.SIGSTOP)
    tell(pid, signal.SIGKILL)


class ProcessJob(Job):
    """A command with all that it starts. wait() returns its exit code."""

    def __init__(self, argv):
        super().__init__()
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        self.wait, self.pid = self._process.wait, self._process.pid

    def _signal(self, number):
        if self._process.poll() is None:
            tell(self.pid, number)

    def _stop(self):
        self._signal(signal.SIGSTOP)

    def _go(self):
        self._signal(signal.SIGCONT)


class Turns:
    """Who may run. Each job joins, may ask to be the one that is measured, and leaves.

    @settle is called when all stand still, and returns when the host is quiet.
    """

    def __init__(self, settle=os.sync):
        self._settle = settle
        self._changed = threading.Condition()
        self._jobs, self._measured = [], None

    def join(self, job):
        with self._changed:
            self._jobs.append(job)
            if self._measured:
                job.stop()

    def measure(self, job):
        """Returns when all others stand still and the host has settled."""
        with self._changed:
            self._changed.wait_for(lambda: self._measured is None)
            self._measured = job
            for other in self._jobs:
                if other is not job:
                    other.stop()
        # An image made a minute ago is gigabytes of dirty pages, and the dump would be written behind them.
        job.stop()
        self._settle()
        job.go()

    def leave(self, job):
        with self._changed:
            self._jobs.remove(job)
            if self._measured is job:
                self._measured = None
                for other in self._jobs:
                    other.go()
                self._changed.notify_all()
