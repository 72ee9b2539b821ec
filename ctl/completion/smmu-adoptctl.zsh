#compdef smmu-adoptctl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# smmu-adoptctl.zsh - completion for zsh, out of what the program says in its help: verbs with what
# they do, the options of the verb that is typed, and what each verb takes. Installed as
# _smmu-adoptctl in a folder of zsh's fpath.

# Devices that sysfs shows behind an IOMMU.
_smmu_adoptctl_devices() {
	local -a devices
	devices=(/sys/class/iommu/*/devices/*(N:t))
	compadd -a devices
}

# What stands for a word of the help such as FILE, the last argument.
_smmu_adoptctl_words() {
	case $argv[-1] in
	VERB) _describe verb verbs ;;
	DEVICE) _smmu_adoptctl_devices ;;
	DIR) _files -/ ;;
	WHEN) compadd auto always never ;;
	FILE | DUMP) _files ;;
	esac
}

_smmu_adoptctl() {
	local context state line verb kind text taken section word
	local -A opt_args kinds with
	local -a verbs options

	for text in ${(f)"$($words[1] --help 2>/dev/null)"}; do
		case $text in
		Verbs: | Options:) section=$text ;;
		'  '*)
			if [[ $section == Verbs: && $text =~ '^  ([a-z]+) ?\[?([A-Z]*)[^ ]* .*  +(.*)$' ]]; then
				verbs+=("$match[1]:$match[3]")
				kinds[$match[1]]=$match[2]
			elif [[ $section == Options: && $text =~ '^  (--[a-z-]+) ([A-Z]*) *(.*)$' ]]; then
				with[$match[1]]=$match[2]
				options+=("$match[1]|$match[2]|${match[3]//:/\\:}")
			fi
			;;
		esac
	done
	for ((i = 2; i < CURRENT; i++)); do
		if [[ $words[i] == --* ]]; then
			[[ -z $with[$words[i]] ]] || ((i++))
		elif (( ${+kinds[$words[i]]} )); then
			verb=$words[i]
			break
		fi
	done
	[[ -z $verb ]] || taken=$($words[1] help $verb 2>/dev/null | sed -n '/^Options: /,$ { s/^Options: //; p; }' | tr '\n' ' ')
	local -a specs
	for text in $options; do
		word=${text%%|*} kind=${${text#*|}%%|*} text=${text##*|}
		[[ -z $verb || $word == --help || " $taken," == *" $word"[,\ ]* ]] || continue
		specs+=("${word}[$text]${kind:+:$kind:_smmu_adoptctl_words $kind}")
	done
	_arguments -C $specs '1:verb:_smmu_adoptctl_words VERB' '*:argument:->argument' && return
	[[ $state == argument ]] && _smmu_adoptctl_words $kinds[$line[1]]
}

_smmu_adoptctl "$@"
