#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""many.py - records of a machine with 64 devices behind two SMMUs, as text for mkrec: two disks are handed
over, two devices were not stopped, some are bypassed, some did no DMA."""

EVIDENCE = "kdump-kernel,registers-read,smmuen,cmdqen,strtab-in-old-ram,cmdq-in-capture-ram,driver-bound,coherent"
# class, vendor, device, driver
KINDS = [(0x020000, 0x15b3, 0x1017, "mlx5_core"), (0x010802, 0x144d, 0xa80a, "nvme"),
         (0x010700, 0x1000, 0x0097, "mpt3sas"), (0x0c0330, 0x1b21, 0x2142, "xhci_hcd"),
         (0x120000, 0x10de, 0x2331, ""), (0x030200, 0x10de, 0x20b5, "")]
DUMP_PATH = (4, 5)
TIMEOUT, FAILED = 13, 22


class Device:
    def __init__(self, i):
        self.i, self.smmu = i, i // 40
        slot = (i % 40) // 4
        self.name = f"{self.smmu:04x}:{slot:02x}:00.{i % 4}"
        self.sid = 0x100 * slot + i % 4
        self.kind = KINDS[(i // 4) % len(KINDS)]
        self.group = i // 4 if (i // 4) % 3 == 0 else 100 + i

    def entry(self):
        return {5: "bypass=1", 7: "abort=1"}.get(self.i % 11, f"s1={0x446a0000 + self.i * 0x4000:#x}")

    def is_live(self):
        return self.i % 11 != 7

    def record(self, driver, flags, more=""):
        kind, vendor, device, _ = self.kind
        return (f"device phase=now smmu={self.smmu} name={self.name} bus=pci{driver} class={kind:#x} vendor={vendor:#x} "
                f"device={device:#x} group={self.group} flags={flags}group,config-read,bus-master sids={self.sid:#x}{more}")

    def ste(self, phase, entry):
        return f"ste smmu={self.smmu} phase={phase} sid={self.sid:#x} addr={0x44610000 + self.sid * 64:#x} {entry}"


def smmus(phase):
    for i in (0, 1):
        print(f"smmu smmu={i} phase={phase} name=arm-smmu-v3.{i}.auto base=0x{9 + i}050000 state=adopted reason=1 "
              f"evidence={EVIDENCE} cr0=0x9 cr0ack=0x9 strtab_base=0x4000000044600000 strtab_base_cfg=0x10210")


def plan(devices):
    """(number, action, device) in the order of their execution."""
    steps = []
    for action in ("hold", "quiesce"):
        steps += [(action, d) for d in devices if d.is_live()]
    for i in DUMP_PATH:
        steps += [("load", devices[i]), ("bind", devices[i])]
    return [(n, action, d) for n, (action, d) in enumerate(steps, 1)]


def run(steps):
    """When the last one ended, in seconds."""
    now = 9.3
    for n, action, d in steps:
        ms = {"hold": .2, "quiesce": 4 + d.i % 7 * 3, "load": 80, "bind": 230}[action]
        outcome = "done"
        if action == "quiesce" and d.i == TIMEOUT:
            outcome, ms = 'timeout detail="transactions still pending"', 400
        elif action == "quiesce" and d.i == FAILED:
            outcome, ms = "failed", 30
        print(f"at {now:.4f}\nstep step={n} action={action} device={d.name}")
        now += ms / 1000
        print(f"at {now:.4f}\nresult step={n} action={action} device={d.name} ms={ms} outcome={outcome}")
    return now


def main():
    devices = [Device(i) for i in range(64)]
    head = "capture=1 kernel=6.12.95+deb12-arm64 wall=1795640400"
    print(f'at 9.1\nfile producer=smmu_adopt {head} program="smmu_adopt 0.1.0"')
    smmus("crash")
    for d in devices:
        print(d.ste("crash", d.entry()))
    print("at 9.2")
    smmus("now")
    for d in devices:
        print(d.record("", "deferred,"))
    print(f'at 9.25\nfile producer=smmu-adoptd {head} program="smmu-adoptd 0.1.0"\nstage stage=start\nat 9.29')
    steps = plan(devices)
    print(f'stage stage=plan text="{len(steps)} steps"')
    for n, action, d in steps:
        print(f'plan step={n} action={action} device={d.name} deadline=1000 dump={int(d.i in DUMP_PATH)} '
              'reason="its STE was live at the crash"')
    print("at 9.3\nstage stage=act")
    end = run(steps)
    for d in devices:
        if d.i in DUMP_PATH:
            print(d.record(f" driver={d.kind[3]}", "", f" attach={end - .1:.4f}"))
        print(d.ste("now", f"s1=0x70a{d.i:05x}" if d.i in DUMP_PATH else d.entry()))
    print(f'at {end + .01:.3f}\nstage stage=done text="{len(steps)} steps, 2 failed"')
    print(f"usage rss=3312 stage_ms={int((end - 9.25) * 1000)} quiesced_ms=1100 dump_path_ms={int((end - 9.26) * 1000)}")
    print(f'at {end + 9:.3f}\nstage stage=published text="61 holds kept on purpose"')


main()
