# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# smmu-adoptctl.bash - completion for bash, out of what the program says in its help: verbs, the
# options of the verb that is typed, and files, folders or devices as the verb takes them. Installed as
# /usr/share/bash-completion/completions/smmu-adoptctl.

# Devices that sysfs shows behind an IOMMU. Their names have colons, where readline breaks words.
_smmu_adoptctl_devices() {
	local word=${1//\\/} names
	names=$(cd /sys/class/iommu 2>/dev/null && printf '%s\n' */devices/* | sed 's,.*/,,; /[*]/d')
	compgen -W "$names" -- "$word" | sed 's/:/\\:/g'
}

# The verb among the words so far. $1: all options, and behind those with an argument its name.
_smmu_adoptctl_verb() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--*) [[ " $1 " == *" ${COMP_WORDS[i]} "[A-Z]* ]] && ((i++)) ;;
		-*) ;;
		*)
			printf '%s' "${COMP_WORDS[i]}"
			return
			;;
		esac
	done
}

_smmu_adoptctl() {
	local program=${1:-smmu-adoptctl} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local help verbs options verb kind

	COMPREPLY=()
	help=$("$program" --help 2>/dev/null) || return
	verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
	options=$(sed -nE '/^Options:/,/^$/s/^  (--[a-z-]+)( [A-Z]+)? .*/\1\2/p' <<<"$help" | tr '\n' ' ')
	verb=$(_smmu_adoptctl_verb "$options")
	if [[ $cur == -* ]]; then
		[[ -z $verb ]] || options="$("$program" help "$verb" 2>/dev/null | sed -n '/^Options: /,$ { s/^Options: //; p; }' | tr '\n' ' ') --help"
		mapfile -t COMPREPLY < <(compgen -W "$(grep -o -- '--[a-z-]*' <<<"$options")" -- "$cur")
		return
	fi
	if [[ $prev == --* && " $options" =~ " $prev "([A-Z]+) ]]; then
		kind=${BASH_REMATCH[1]}
	elif [[ -n $verb ]]; then
		kind=$(sed -nE '/^Verbs:/,/^$/s/^  '"$verb"' \[?([A-Z]+).*/\1/p' <<<"$help")
	else
		kind=VERB
	fi
	case $kind in
	VERB) mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
	DEVICE) mapfile -t COMPREPLY < <(_smmu_adoptctl_devices "$cur") ;;
	DIR)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	WHEN) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur") ;;
	FILE | DUMP)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}
complete -F _smmu_adoptctl smmu-adoptctl
