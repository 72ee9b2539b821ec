#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""interrupt.py - a long table walk and the one who waits for it: the bar, and Ctrl-C.

A made dump (tests/bench/triage_make.c), and reads that take milliseconds each (slow.c). The bar must
be on a terminal and nowhere else; after SIGINT the answer must be whole, say that it is partial, and
the process must have died of the signal; one that the caller ignores stays ignored. Ends with "interrupt: N passed, N failed".
"""

import argparse
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time

GIB, LEAVES = "4", "1048576"
BEGUN = "begun"         # slow.c makes this file when the walk is under way
HUNG_S = 1800
passed = failed = 0


def check(name, good, seen=""):
    global passed, failed       # pylint: disable=global-statement
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {name}: {seen}")


def start(argv, ignored=None, **files):
    """A shell's background job has SIGINT ignored, and its children inherit that: said here anew."""
    signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    child = subprocess.Popen(argv, **files)         # pylint: disable=consider-using-with
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return child


def send_when_begun(child, sig):
    while child.poll() is None and not os.path.exists(BEGUN):
        time.sleep(0.01)
    child.send_signal(sig)


def run(argv, stderr, interrupt=None, ignored=False):
    """(return code, stdout); the signal comes when the walk is under way."""
    if os.path.exists(BEGUN):
        os.unlink(BEGUN)
    with start(argv, ignored, stdout=subprocess.PIPE, stderr=stderr, text=True) as child:
        if interrupt:
            sender = threading.Thread(target=send_when_begun, args=[child, interrupt])
            sender.start()
        out = child.communicate(timeout=HUNG_S)[0]
        if interrupt:
            sender.join()
    return child.returncode, out


def on_terminal(argv):
    """What is drawn on stderr when that is a terminal."""
    main, other = pty.openpty()
    drawn = []

    def read():
        try:
            while data := os.read(main, 4096):
                drawn.append(data)
        except OSError:
            pass
    reader = threading.Thread(target=read)
    reader.start()
    try:
        code, _ = run(argv, other)
    finally:
        os.close(other)
    reader.join(timeout=HUNG_S)
    os.close(main)
    return code, b"".join(drawn).decode("ascii", "replace")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--ctl", required=True)
    p.add_argument("--make", required=True, help="triage_make, which makes the dump")
    p.add_argument("--slow", required=True, help="slow.so")
    args = p.parse_args()
    ctl, make = os.path.abspath(args.ctl), os.path.abspath(args.make)
    slow = ["env", "SLOW_BEGUN=" + BEGUN, "LD_PRELOAD=" + os.path.abspath(args.slow)]
    with tempfile.TemporaryDirectory(prefix="smmu-interrupt-") as d:
        os.chdir(d)
        subprocess.run([make, ".", GIB, LEAVES], check=True, stdout=subprocess.DEVNULL)
        reach = [*slow, ctl, "--json", "--records", "8.rec", "reach", "vmcore"]
        with open("err", "w+", encoding="ascii", errors="replace") as err:
            code, out = run(reach, err)
            whole = json.loads(out)
            err.seek(0)
            said = err.read()
            check("not interrupted: exit code", code in (0, 3), code)
            check("not interrupted: nothing drawn into a file", "\r" not in said, said)
            check("not interrupted: nothing is missing", not whole.get("partial"), whole.get("partial"))
            for sig in (signal.SIGINT, signal.SIGTERM):
                code, out = run(reach, err, sig)
                answer = json.loads(out)
                check(f"{sig.name}: died of it", code == -sig, code)
                check(f"{sig.name}: the answer says so", answer.get("partial") and "interrupted" in json.dumps(answer["gaps"]),
                      answer.get("gaps"))
            code, out = run(reach, err, signal.SIGINT, ignored=True)
            check("SIGINT ignored by the caller: it stays so", code in (0, 3), code)
            check("SIGINT ignored by the caller: nothing is missing", not json.loads(out).get("partial"))
        code, drawn = on_terminal(reach)
        check("terminal: exit code", code in (0, 3), code)
        check("terminal: a bar", "[###" in drawn, repr(drawn[:200]))
        check("terminal: it is gone at the end", not drawn.rsplit("\r", 1)[-1].replace("\x1b[K", "").strip(),
              repr(drawn[-200:]))
        with open("page.html", "w", encoding="utf-8") as page:
            os.unlink(BEGUN)
            child = start([*slow, ctl, "--records", "8.rec", "report", "--html", "vmcore"], stdout=page,
                          stderr=subprocess.DEVNULL)
            send_when_begun(child, signal.SIGINT)
            child.wait(timeout=HUNG_S)
        with open("page.html", encoding="utf-8") as page:
            text = page.read()
        check("page: died of SIGINT", child.returncode == -signal.SIGINT, child.returncode)
        check("page: whole", text.rstrip().endswith("</html>"), text[-100:])
        check("page: says so", "interrupted" in text)
        os.chdir("/")
    print(f"interrupt: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
