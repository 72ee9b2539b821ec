#!/usr/bin/env zsh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# completion.zsh FOLDER LINE... - types each LINE and a tab into an interactive zsh that finds
# smmu-adoptctl's completion in FOLDER, and prints what the line has become.
zmodload zsh/zpty || exit 2
folder=$1
shift
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste 2>/dev/null; stty -echo; fpath=($folder \$fpath); autoload -U compinit; compinit -u -D
	zstyle ':completion:*' verbose no
	done-line() { print -r -- \"<<\$BUFFER>>\"; BUFFER=; zle .accept-line }; zle -N done-line; bindkey '^X' done-line; bindkey '^I' complete-word; print ready-\$((1))"
zpty -r shell out '*ready-1*'
for line; do
	zpty -w -n shell "$line"$'\t\x18'
	zpty -r -m shell out '*<<*>>*' || exit 1
	print -r -- "${${out##*<<}%%>>*}"
done
zpty -d shell
