# SPDX-License-Identifier: LGPL-2.1-or-later
"""summary.py - a result as a few lines for people, alone or beside another."""

import os


def _kinds(sid):
    return ", ".join(f"{sid[k]['total']} {k}" for k in ("refused", "bypassed", "translated"))


def sid_line(name, sid):
    """What one StreamID went through, in words."""
    words = [_kinds(sid)]
    if "quiesced_time" in sid and sid.get("quiesced_before_handover", not sid["handed_over"]):
        words.append(f"quiesced at {sid['quiesced_time']:.1f} s")
    if sid["handed_over"]:
        words.append(f"handed over at {sid['handover_time']:.1f} s")
        if sid.get("quiesced_before_handover") is False:
            words.append("while live")
    if sid["old_ram_after_handover"]:
        words.append(f"{sid['old_ram_after_handover']} into old RAM AFTER hand-over")
    return f"SID {name}: " + "; ".join(words)


def dump_line(dump):
    if not dump.get("saved"):
        return "dump NOT saved" + (f" ({dump['problem']})" if "problem" in dump else "")
    return f"dump saved, {dump['bytes'] >> 20} MiB in {dump.get('ms', 0) / 1000:.1f} s, readable"


def print_result(res, out, quiet):
    good = sum(e["pass"] for e in res["expectations"])
    verdict = "PASS" if res["pass"] else "FAIL"
    print(f"vm: {verdict} {res['scenario']}: {good}/{len(res['expectations'])} expectations, "
          f"{res['wall_s']:.0f} s")
    if quiet and res["pass"]:
        return
    dma = res["dma"]
    if dma:
        print(f"    after the crash: {dma['refused']} transactions refused, {dma['bypassed']} bypassed, "
              f"{dma['translated']} translated, {dma['old_ram_after_handover']} stale")
        for name, sid in dma["sid"].items():
            print("    " + sid_line(name, sid))
    if res["daemon"]:
        d = res["daemon"]
        print(f"    daemon: exit {d.get('exit')}, {d.get('stage_ms')} ms, "
              f"peak {d.get('peak_rss_kb', '?')} KiB")
    print("    " + dump_line(res["dump"]))
    for line in res["splats"]:
        print("    " + line)
    for e in res["expectations"]:
        if not e["pass"]:
            print(f"    FAILED {e['path']}: expected {e['expected']!r}, seen {e['seen']}")
    print(f"    files: {os.path.relpath(out)}")
