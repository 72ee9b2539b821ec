# SPDX-License-Identifier: LGPL-2.1-or-later
"""errors.py - the one exception for "this run could not take place", shown as one line."""


class VmError(Exception):
    """Says what could not be done and to what; run.py exits with 2."""
