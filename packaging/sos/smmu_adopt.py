# SPDX-License-Identifier: LGPL-2.1-or-later
"""smmu_adopt.py - plugin of sos: is this machine ready for a crash, and what the last ones left.

Small things only: the records, never a dump.
"""

from sos.report.plugins import DebianPlugin, Plugin, RedHatPlugin, SuSEPlugin, UbuntuPlugin


class SmmuAdopt(Plugin, RedHatPlugin, SuSEPlugin, DebianPlugin, UbuntuPlugin):

    short_desc = "SMMU adoption in kdump capture kernels"
    plugin_name = "smmu_adopt"
    profiles = ("system", "debug", "hardware")
    packages = ("smmu-adopt", "smmu-adopt-tools")
    files = ("/usr/sbin/smmu-adoptd", "/usr/bin/smmu-adoptctl")
    kernel_mods = ("smmu_adopt",)

    def setup(self):
        self.add_copy_spec([
            "/etc/smmu-adopt",
            "/usr/lib/smmu-adopt/smmu-adopt.conf",
            "/etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf",
            "/etc/default/kdump-tools",
            "/etc/sysconfig/kdump",
            "/etc/kdump.conf",
        ])
        # The dump itself is not taken: "crash folder" is one level below the folder of all crashes.
        for name in ("smmu-adopt.rec", "smmu-adopt.txt"):
            self.add_copy_spec(f"/var/crash/*/{name}", sizelimit=16)
        self.add_cmd_output([
            "smmu-adoptctl check",
            "smmu-adoptctl --json check",
            "smmu-adoptctl collect /var/crash",
            "smmu-adopt-driver status",
            "modinfo smmu_adopt",
            "modinfo arm-smmu-v3-adopt",
            "dkms status",
        ])
        self.add_journal(units="smmu-adoptd")

    def postproc(self):
        """Names and passwords in front of a host, and passwords of mounts and mail, stay on the machine."""
        files = r"/etc/(sysconfig/kdump|kdump\.conf|default/kdump-tools|smmu-adopt/.*)"
        for what in (r"(://)[^\s\"']*@", r"((?m:^)\s*(?:FTP|SSH)=[\"']?)[^\s\"']*@", r"((?m:^)\s*ssh\s+)\S*@"):
            self.do_path_regex_sub(files, what, r"\1")
        self.do_path_regex_sub(files, r"(?i)(pass(?:word|wd)?2?=)[^\s,\"']+", r"\1***")
        self.do_path_regex_sub(files, r"((?m:^)\s*KDUMP_SMTP_PASSWORD=).*", r"\1***")
