#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rooms.py [--build BUILD] [TREE]: does every file look only into its own room and those before it?

One list, ROOMS, is the rule. It is checked twice. An #include shows what a file asks for by name. The symbols of the
objects show what it gets: a declaration written by hand, or a header of an early room for a function of a late one, ties
rooms together without an #include. Prints one line a violation and ends with 1 if there is any.
"""
import argparse
import os
import re
import subprocess
import sys

# A file may look into its own room and into every room above it in this list.
ROOMS = ['core', 'lib/base', 'lib/story', 'lib/report', 'lib/machine', 'lib/plan', 'daemon/act', 'daemon', 'resolve',
         'ctl/dump', 'ctl/input', 'ctl/live', 'ctl/triage', 'ctl/page', 'ctl/embed', 'ctl/check', 'ctl']
# The daemon is for the capture kernel, the others are for people: they share core/ and lib/ only. What resolve/ reads of
# kdump's files is for the check as well.
CLOSED = {'daemon/act': ('daemon/act', 'daemon'), 'daemon': ('daemon',), 'resolve': ('resolve', 'ctl/check')}
# The helper module is built by kbuild, from its own folder and core/.
KMOD = 'kmod'
# The helper's interface for user space, in one file.
DOORS = {('lib/machine/control.c', 'kmod/smmu_adopt_uapi.h')}
FILES_MAX = 25  # C files in one folder: more than that and a stranger sees a heap

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def room_of(path):
    return os.path.dirname(path)


def may_look(room, into):
    if room == KMOD or room.startswith(KMOD + '/'):
        return into in (room, 'core')
    if room not in ROOMS or into not in ROOMS:
        return False
    return ROOMS.index(into) <= ROOMS.index(room) and room in CLOSED.get(into, (room,))


def sources(tree):
    for top in sorted({room.split('/')[0] for room in ROOMS} | {KMOD}):
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(folder, name), tree)


def check_includes(tree):
    for path in sources(tree):
        room = room_of(path)
        if room not in ROOMS and not room.startswith(KMOD):
            yield f'{path}: {room}/ is not in the list of rooms'
            continue
        with open(os.path.join(tree, path), encoding='utf-8') as f:
            text = f.read()
        for header in INCLUDE.findall(text):
            # core/ is copied for kbuild: there, and in kmod/, a header of the same folder has no path.
            into = room_of(header) or room
            if not may_look(room, into) and (path, header) not in DOORS:
                yield f'{path} includes {header}'


def check_sizes(tree):
    count = {}
    for path in sources(tree):
        if path.endswith('.c'):
            count[room_of(path)] = count.get(room_of(path), 0) + 1
    for room, n in sorted(count.items()):
        if n > FILES_MAX:
            yield f'{room}/ has {n} C files, more than {FILES_MAX}'


def symbols(build):
    """{object: (defined, undefined)} of the objects below the rooms."""
    found = {}
    objects = []
    for folder, _, names in os.walk(build):
        room = os.path.relpath(folder, build)
        if room in ROOMS:
            objects += [os.path.join(folder, n) for n in sorted(names) if n.endswith('.o')]
    if not objects:
        return found
    out = subprocess.run(['nm', '-A', '-g', *objects], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        where, rest = line.split(':', 1)
        kind, name = rest.split()[-2:]
        pair = found.setdefault(os.path.relpath(where, build), (set(), set()))
        pair[kind in 'Uw'].add(name)
    return found


def stale(tree, obj):
    return not os.path.exists(os.path.join(tree, obj[:-2] + '.c'))


def check_objects(tree, build):
    found = {obj: pair for obj, pair in symbols(build).items() if not stale(tree, obj)}
    if not found:
        yield f'{build}: no objects to look at'
        return
    home = {}
    for obj, (defined, _) in found.items():
        for name in defined:
            # Each program has its main(). Twin files define the same symbols, in one room.
            if name != 'main' and name in home and room_of(home[name]) != room_of(obj):
                yield f'{name} is defined in {home[name]} and {obj}'
            home[name] = obj
    home.pop('main', None)
    for obj, (_, undefined) in sorted(found.items()):
        for name in sorted(undefined & home.keys()):
            if not may_look(room_of(obj), room_of(home[name])):
                yield f'{obj} uses {name} of {home[name]}'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', help='look at the objects below BUILD, too')
    parser.add_argument('tree', nargs='?', default='.')
    args = parser.parse_args()
    bad = [*check_includes(args.tree), *check_sizes(args.tree)]
    if args.build:
        bad += check_objects(args.tree, args.build)
    for line in bad:
        print(line)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
