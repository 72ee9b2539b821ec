# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# smmu-adoptctl.bash - completion for bash: options, verbs, and for verbs that
# take a file, files and folders. Installed as
# /usr/share/bash-completion/completions/smmu-adoptctl.

# Devices that sysfs shows behind an IOMMU. Their names have colons, where readline breaks words.
_smmu_adoptctl_devices() {
	local word=${1//\\/} names
	names=$(cd /sys/class/iommu 2>/dev/null && printf '%s\n' */devices/* | sed 's,.*/,,; /[*]/d')
	compgen -W "$names" -- "$word" | sed 's/:/\\:/g'
}

_smmu_adoptctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local verbs='status show monitor check setup unsetup plan report log streams walk maps who reach events health rmr embed collect help'
	local options='--json --html --root --records --image --watch --undo --copy --journal --host --verbose --oneline --no-header --no-pager --color --help --version'
	local verb='' i

	COMPREPLY=()
	if [[ $prev == --root ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
	fi
	if [[ $prev == --records || $prev == --image ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	if [[ $prev == --color ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
	fi
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root | --records | --image | --copy | --host | --color) ((i++)) ;;
		-*) ;;
		*)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
	help) mapfile -t COMPREPLY < <(compgen -W "${verbs% help}" -- "$cur") ;;
	show) mapfile -t COMPREPLY < <(_smmu_adoptctl_devices "$cur") ;;
	collect)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	report | log | streams | walk | maps | who | reach | events | health | rmr | embed)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}
complete -F _smmu_adoptctl smmu-adoptctl
