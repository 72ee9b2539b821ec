#compdef smmu-adoptctl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# smmu-adoptctl.zsh - completion for zsh: options, verbs with what they do, and what each verb takes.
# Installed as _smmu-adoptctl in a folder of zsh's fpath.

# Devices that sysfs shows behind an IOMMU.
_smmu_adoptctl_devices() {
	local -a devices
	devices=(/sys/class/iommu/*/devices/*(N:t))
	compadd -a devices
}

_smmu_adoptctl_verbs() {
	local -a verbs
	verbs=(
		'status:what was found and done in this capture kernel'
		'show:everything about one device or StreamID'
		'monitor:what the daemon does, as it happens'
		'check:is this healthy system ready for a crash'
		"setup:make this machine's capture kernel adopt, then check"
		'unsetup:take back what setup did'
		'plan:what smmu-adoptd would do here'
		'report:the whole story from the records beside a dump'
		'log:the records one by one, by time'
		'streams:which streams could do DMA at the crash'
		"walk:one address through a stream's tables"
		"maps:all that a stream's tables map"
		'who:which streams could reach that memory'
		'reach:how much memory devices could write'
		'events:what the SMMU reported, and its last commands'
		'health:did the tables look sound when the kernel crashed'
		"rmr:what became of the firmware's reserved regions"
		'embed:put records into a finished dump'
		'collect:many crash folders, one line of JSON each'
		'help:this text, or more about a verb'
	)
	_describe verb verbs
}

_smmu_adoptctl() {
	local context state line verb
	local -A opt_args

	_arguments -C \
		'--json[the result as JSON]' \
		'--html[report\: as one HTML page, with pictures]' \
		'--root[look for files below a folder]:folder:_files -/' \
		'--records[the records that belong to the dump]:file:_files' \
		'--watch[status\: until the stage is over]' \
		'--image[check\: the kdump image]:file:_files' \
		'--undo[embed\: take the records out again]' \
		'--copy[embed\: leave the dump alone, write a file]:file:_files' \
		'--journal[collect\: to the journal, too]' \
		'--host[collect\: the machine, where no folder tells]:name:' \
		'--verbose[status, show, report\: registers, entries, steps]' \
		'--oneline[status, check, report\: the verdict alone]' \
		'--no-header[who\: rows alone, for grep]' \
		'--no-pager[no pager for a long answer]' \
		'--color[colours]:when:(auto always never)' \
		'(- *)--help[help]' \
		'(- *)--version[the version]' \
		'1:verb:_smmu_adoptctl_verbs' \
		'*:argument:->argument' && return
	[[ $state == argument ]] || return
	verb=$line[1]
	case $verb in
	help) _smmu_adoptctl_verbs ;;
	show) _smmu_adoptctl_devices ;;
	collect) _files -/ ;;
	report | log | streams | walk | maps | who | reach | events | health | rmr | embed) _files ;;
	esac
}

_smmu_adoptctl "$@"
