#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-schema.py [--all] FILE|FOLDER...: are these answers of smmu-adoptctl what doc/schema/ says?

A file is one JSON document, or one on each line. Its "schema" names the file in doc/schema/. For users the schemas are open
(new keys may appear); here a key that is not listed fails. --all: each schema must have been held against something. Ends
with "schema: N passed, M failed, K skipped"; without python3-jsonschema all is skipped.
"""
import copy
import glob
import json
import os
import re
import sys
import warnings

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'doc', 'schema')


def closed(schema):
    """The same schema, with no room for keys that it does not list."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    new = {key: closed(value) for key, value in schema.items()}
    if new.get('type') == 'object' and 'properties' in new:
        new.setdefault('additionalProperties', False)
    return new


def load():
    schemas = {}
    for path in glob.glob(os.path.join(TOP, '*.json')):
        with open(path, encoding='utf-8') as f:
            schemas[os.path.basename(path)] = json.load(f)
    return schemas


def validators(schemas):
    import jsonschema
    warnings.simplefilter('ignore', DeprecationWarning)
    base = 'http://schema.invalid/'
    tight = {name: closed(schema) for name, schema in schemas.items()}
    store = {base + name: schema for name, schema in tight.items()}
    made = {}
    for name, schema in tight.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(base + name, schema, store)
        made[name] = jsonschema.Draft202012Validator(schema, resolver=resolver)
    return made


def documents(path):
    with open(path, encoding='utf-8') as f:
        text = f.read()
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def schema_of(document):
    found = re.fullmatch(r'smmu-adopt-([a-z]+)/[0-9]+', str(document.get('schema')))
    return found.group(1) + '.json' if found else None


def is_refused(checker, document):
    return next(checker.iter_errors(document), None) is not None


def breaks(checker, document):
    """A document that is right must be refused with a key that is new, with one that is missing, and with a wrong type."""
    new, less, other = (copy.deepcopy(document) for _ in range(3))
    new['surprise'] = 1
    del less['schema']
    other[next(key for key in document if key != 'schema')] = {'a': {}}
    return [what for what, broken in (('a new key', new), ('a missing key', less), ('a wrong type', other))
            if not is_refused(checker, broken)]


def main(args):
    every = '--all' in args
    paths = []
    for arg in args:
        if arg != '--all':
            paths += glob.glob(os.path.join(arg, '*.json')) if os.path.isdir(arg) else [arg]
    schemas = load()
    try:
        checkers = validators(schemas)
    except ImportError:
        print('SKIP: schema: python3-jsonschema is not installed')
        print('schema: 0 passed, 0 failed, 1 skipped')
        return 0
    good, bad, used = 0, 0, set()
    for path in sorted(paths):
        for document in documents(path):
            name = schema_of(document)
            if name not in checkers:
                print(f'FAILED: schema: {path}: no file for {document.get("schema")}')
                bad += 1
                continue
            errors = [f'{error.json_path}: {error.message[:200]}' for error in checkers[name].iter_errors(document)]
            errors = errors or [f'{what} is not noticed' for what in breaks(checkers[name], document)]
            used.add(name)
            good += not errors
            bad += bool(errors)
            for error in errors[:5]:
                print(f'FAILED: schema: {path}: {error}')
    for name in sorted(set(schemas) - used - {'common.json'}) if every else []:
        print(f'FAILED: schema: no answer was held against doc/schema/{name}')
        bad += 1
    print(f'schema: {good} passed, {bad} failed, 0 skipped')
    return bad > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
