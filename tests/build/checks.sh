# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# checks.sh - sourced by the tests of this folder, whose checks are functions check_NAME.

# run_checks WHAT [NAME...]: run the named checks, or all in alphabetical order, and say how many passed.
# A check that ends with 77 was skipped, and has said why.
run_checks() {
	local _what=$1 _check _passed=0 _failed=0 _skipped=0 _checks
	shift
	_checks=("${@/#/check_}")
	[ $# -gt 0 ] || mapfile -t _checks < <(declare -F | awk '$3 ~ /^check_/ { print $3 }')
	for _check in "${_checks[@]}"; do
		"$_check"
		case $? in
		0) _passed=$((_passed + 1)) ;;
		77) _skipped=$((_skipped + 1)) ;;
		*)
			echo "FAILED: $_what ${_check#check_}"
			_failed=$((_failed + 1))
			;;
		esac
	done
	echo "$_what: $_passed passed, $_failed failed, $_skipped skipped"
	[ $_failed -eq 0 ]
}
