# SPDX-License-Identifier: LGPL-2.1-or-later
"""vmlib - the parts of run.py: scenario, guest image, machine, counting, result."""
