#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rooms.py [--build BUILD] [TREE]: does every file look only into its own room and those before it?

One list, ROOMS, is the rule. It is checked three times. An #include shows what a file asks for by name. What the compiler
read and the symbols of the objects show what it gets: a flag, a declaration written by hand, or a header of an early room
for a function of a late one ties rooms together without an #include. And a header, which has no object, may not name a
function of a later room, in a macro or an inline function. Prints one line a violation and ends with 1 if there is any.
"""
import argparse
import os
import re
import subprocess
import sys

# A file may look into its own room and into every room above it in this list.
ROOMS = ['core', 'lib/base', 'lib/story', 'lib/report', 'lib/machine', 'lib/plan', 'daemon/act', 'daemon', 'resolve',
         'ctl/dump', 'ctl/input', 'ctl/dbus', 'ctl/triage', 'ctl/html', 'ctl/embed', 'ctl/check', 'ctl']
# The daemon is for the capture kernel, the others are for people: they share core/ and lib/ only. What resolve/ reads of
# kdump's files is for the check as well.
CLOSED = {'daemon/act': ('daemon/act', 'daemon'), 'daemon': ('daemon',), 'resolve': ('resolve', 'ctl/check')}
# The helper module is built by kbuild, from its own folder and core/.
KMOD = 'kmod'
DRIVER = 'kmod/adopting-driver'
# The helper's interface for user space, in one file.
DOORS = {('lib/machine/control.c', 'kmod/smmu_adopt_uapi.h')}
FILES_MAX = 25  # C files in one folder: more than that and a stranger sees a heap

NOT_ROOMS = ('build', 'tests')  # folders that may hold C files; tests look everywhere
# Who may call what is not ours: a name that is looked up at run time ties rooms together as well, and core/ is for kernels.
LOOKUPS = {'dlopen', 'dlmopen', 'dlsym', 'dlvsym'}
LOOKUP_OBJECTS = {'lib/base/dynlib.o'}
CORE_NEEDS = re.compile(r'mem(cpy|move|set|cmp)|strlen|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_')

# What is compiled elsewhere only is in no object that is looked at.
ELSEWHERE = re.compile(r'\b(__KERNEL__|__STDC_HOSTED__|__aarch64__|__arm__|__x86_64__)\b')
MAY_DIFFER = {'core/port.h', 'ctl/dump/mem_kdump_child.c'}

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)
INCLUDE = re.compile(r'^[ \t]*(?:#|%:)[ \t]*(?:include|include_next|import)\b[ \t]*(.*?)[ \t]*$', re.M)
# A member or parameter may have any name.
DECLARED = re.compile(r'(\b(?!return\b)\w+\s+|\*\s*)[A-Za-z_]\w*(?=\s*[;,:)\[])')
NAME = re.compile(r'(?<![\w.>])[A-Za-z_]\w*')


def room_of(path):
    return os.path.dirname(path)


def code_of(tree, path):
    """The text as the preprocessor has it: lines joined, no comments."""
    with open(os.path.join(tree, path), encoding='utf-8') as f:
        return COMMENT.sub(lambda m: m[1] or ' ', f.read().replace('\\\n', ''))


def includes(tree, path):
    """(how it is written, path from the top of the tree or None where it is none of ours) of each #include."""
    for what in INCLUDE.findall(code_of(tree, path)):
        name = what[1:-1]
        if what[:1] == '"':
            # core/ is copied for kbuild: there, and in kmod/, a header of the same folder has no path.
            yield what, name if '/' in name else os.path.join(room_of(path), name)
        elif what[:1] == '<':
            yield what, name if os.path.isfile(os.path.join(tree, name)) else None
        else:
            yield what, what


def may_look(room, into):
    if room in (KMOD, DRIVER):
        return into in (room, 'core')
    if room not in ROOMS or into not in ROOMS:
        return False
    return ROOMS.index(into) <= ROOMS.index(room) and room in CLOSED.get(into, (room,))


def sources(tree):
    for folder, below, names in os.walk(tree):
        if folder == tree:
            below[:] = [b for b in below if b not in NOT_ROOMS]
        below[:] = sorted(b for b in below if not b.startswith('.'))
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                yield os.path.normpath(os.path.relpath(os.path.join(folder, name), tree))


def check_includes(tree):
    for path in sources(tree):
        room = room_of(path)
        if room not in (*ROOMS, KMOD, DRIVER):
            yield f'{path}: {room}/ is not in the list of rooms'
            continue
        if os.path.islink(os.path.join(tree, path)):
            yield f'{path} is a link'
        if room in ROOMS and path not in MAY_DIFFER:
            for word in sorted(set(ELSEWHERE.findall(code_of(tree, path)))):
                yield f'{path} asks for {word}'
        for what, header in includes(tree, path):
            if header is None:
                continue
            shown = what.strip('"')
            if header == what:
                yield f'{path} includes {what}, a macro'
            elif not header.endswith('.h') or not may_look(room, room_of(header)) and (path, header) not in DOORS:
                yield f'{path} includes {shown}'
            # The adopting driver is compiled beside the kernel's.
            elif not os.path.isfile(os.path.join(tree, header)) and room != DRIVER:
                yield f'{path} includes {shown}, which is not there'


def check_kbuild(tree):
    with open(os.path.join(tree, KMOD, 'Kbuild'), encoding='utf-8') as f:
        text = re.sub('#.*', '', f.read())
    for name in re.findall(r'[\w-]+\.o\b', text):
        made_of = [name[:-2] + '.c', '../core/' + name[:-2] + '.c']
        if name != 'smmu_adopt.o' and not any(os.path.isfile(os.path.join(tree, KMOD, c)) for c in made_of):
            yield f'{KMOD}/Kbuild names {name}'
    for folder in re.findall(r'\.\./|(?<![\w/-])(?:lib|daemon|resolve|ctl)/', text):
        yield f'{KMOD}/Kbuild names {folder}'


def check_sizes(tree):
    count = {}
    for path in sources(tree):
        if path.endswith('.c'):
            count[room_of(path)] = count.get(room_of(path), 0) + 1
    for room, n in sorted(count.items()):
        if n > FILES_MAX:
            yield f'{room}/ has {n} C files, more than {FILES_MAX}'


def objects_of(build):
    found = []
    for folder, below, names in os.walk(build):
        if folder == build:
            below[:] = [b for b in below if b not in NOT_ROOMS]
        found += [os.path.relpath(os.path.join(folder, n), build) for n in names if n.endswith('.o')]
    return sorted(found)


def made_of(build, obj):
    """What the compiler read for it, or nothing where that was not written down."""
    try:
        with open(os.path.join(build, obj[:-2] + '.d'), encoding='utf-8') as f:
            rule = f.read().replace('\\\n', ' ').split('\n')[0]
    except FileNotFoundError:
        return []
    return rule.split(': ', 1)[1].split()


def stale(tree, build, obj):
    """An object that outlived its source."""
    source = made_of(build, obj)[:1] or [obj[:-2] + '.c']
    return not os.path.exists(os.path.join(tree, source[0]))


def symbols(build, objects):
    """{object: (defined, undefined)}"""
    found = {obj: (set(), set()) for obj in objects}
    out = subprocess.run(['nm', '-A', '-g', *(os.path.join(build, obj) for obj in objects)],
                         check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        where, rest = line.split(':', 1)
        words = rest.split()
        # Without an address it is undefined, whatever the letter: U, w or v.
        found[os.path.relpath(where, build)][len(words) == 2].add(words[-1])
    return found


def check_made_of(tree, build, objects):
    reached = {}

    def reach(path):
        if path not in reached:
            reached[path] = {path}
            for _, header in includes(tree, path):
                if header and os.path.isfile(os.path.join(tree, header)):
                    reached[path] = reached[path] | reach(os.path.normpath(header))
        return reached[path]

    top = os.path.realpath(tree) + os.sep
    for obj in objects:
        source = obj[:-2] + '.c'
        read = [os.path.realpath(os.path.join(tree, path)) for path in made_of(build, obj)]
        if read and read[0] != top + source:
            yield f'{obj} is made of {made_of(build, obj)[0]}'
            continue
        for path in read:
            if path.startswith(top) and path[len(top):] not in reach(source):
                yield f'{obj} is made of {path[len(top):]}, which no #include names'


def check_symbols(found):
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
        for name in sorted(undefined - home.keys()):
            if name in LOOKUPS and obj not in LOOKUP_OBJECTS:
                yield f'{obj} uses {name}'
            if room_of(obj) == 'core' and not CORE_NEEDS.fullmatch(name):
                yield f'{obj} uses {name}'


def check_names(tree, found):
    home = {name: obj for obj, (defined, _) in found.items() for name in defined if name != 'main'}
    for path in sources(tree):
        if path.endswith('.h') and room_of(path) in ROOMS:
            names = NAME.findall(DECLARED.sub(r'\1', code_of(tree, path)))
            for name in sorted(set(names) & home.keys()):
                if not may_look(room_of(path), room_of(home[name])):
                    yield f'{path} names {name} of {home[name]}'


def check_objects(tree, build):
    objects = [obj for obj in objects_of(build) if not stale(tree, build, obj)]
    if not objects:
        yield f'{build}: no objects to look at'
        return
    found = symbols(build, objects)
    yield from check_made_of(tree, build, objects)
    yield from check_symbols(found)
    yield from check_names(tree, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', help='look at the objects below BUILD, too')
    parser.add_argument('tree', nargs='?', default='.')
    args = parser.parse_args()
    bad = [*check_includes(args.tree), *check_kbuild(args.tree), *check_sizes(args.tree)]
    if args.build:
        bad += check_objects(args.tree, args.build)
    for line in bad:
        print(line)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
