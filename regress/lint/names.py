#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""What things are called in C, and where they are."""

import collections
import re

from popdtest.cases import main, none
from popdtest.csource import LINKED, MAIN, sources

SOURCES = sources(MAIN)

# libc has functions of the first three names, setting() is one of ours; and
# popctl gives popd's parser settings of its own.
STATES = {'accept': 'accepts', 'daemon': 'daemons', 'log': 'logger',
          'setting': 'values', 'popdconf': 'settings'}
# Functions that are called as OpenBSD's are.
FOREIGN = {'imsg': r'imsgbuf_', 'imsg_read': r'imsgbuf_', 'log': r'fatalx?$'}
# Structs without a prefix: those of imsg(3); a union, the fields of which are
# the names of its messages; the state of popd/settings.c, which all read.
BARE = {'imsg_hdr', 'imsg', 'imsgbuf', 'msg_payload', 'settings'}

STATIC = re.compile(r'^static ([^(\n;={]*?)(\w+)(?:\[[^\]]*\])*\s*[=;]|'
                    r'^static ((?:const )?)(?:struct|union)(?: \w+)? '
                    r'\{\n(?:.*\n)*?\} ?(\w+)|'
                    r'^static ([A-Z]+_HEAD\([^()]*\))\s*(\w+)', re.M)
GLOBAL = re.compile(r'^(?!static|typedef|extern|return)([a-z][\w \t*]*[\t *])'
                    r'(\w+)(?:\[[^\]]*\])*\s*[=;]', re.M)
INNER = re.compile(r'^\t+static (.*?)(\w+)(\[[^;=]*\])?\s*[=;,]', re.M)


def constant(kind):
    """Whether an object of this type is one, not just what it points to."""
    return re.search(r'\bconst\b[^*]*$', kind) is not None


def statics(source):
    """[(name, line)] of the variables of a file."""
    out = []
    for m in STATIC.finditer(source.code):
        kind, name = (m[1] or m[3] or m[5] or ''), m[2] or m[4] or m[6]
        if not constant(kind):
            out.append((name, source.line(m.start())))
    for m in GLOBAL.finditer(source.code):
        if not constant(m[1]) and not re.match(r'(struct|enum|union) $',
                                               m[1]):
            out.append((m[2], source.line(m.start())))
    return out


def test_state():
    """The state of a module is one struct with its name"""
    found = []
    for s in SOURCES:
        if s.kind != '.h':
            name = STATES.get(s.module, s.module)
            found += [s.at(line, v) for v, line in statics(s) if v != name]
            found += [s.at(line, v) for v, line in statics(s)[1:]]
    none(found)


def test_inner_statics():
    """Static variables of functions are buffers or constant"""
    none([s.at(s.line(m.start()), m[2])
          for s in SOURCES for m in INNER.finditer(s.code)
          if not constant(m[1]) and not re.match(r'struct msg_', m[1]) and
          not (m[3] and re.match(r'(unsigned )?char\b|uint8_t\b', m[1]))])


def prefixes(struct):
    """What the names of its fields begin with; '' for one without."""
    return {f.split('_')[0] if '_' in f else ''
            for f in struct.fields if f != 'X'}


def test_prefixes():
    """The fields of a struct have one prefix"""
    none([s.at(st.line, '%s: %s' % (st.tag, ' '.join(sorted(prefixes(st)))))
          for s in SOURCES for st in s.structs
          if st.tag and st.tag not in BARE and
          (len(prefixes(st)) != 1 or '' in prefixes(st))])


def test_state_fields():
    """The fields of the state of a module have no prefix"""
    none([s.at(st.line, '%s: %s_' % (st.object, min(prefixes(st))))
          for s in SOURCES for st in s.structs
          if not st.tag and st.object in [v for v, _ in statics(s)] and
          len(st.fields) > 1 and len(prefixes(st)) == 1 and
          '' not in prefixes(st)])


def together(one, other):
    """Whether one program may link both directories."""
    return one == other or any(
        {one, other} <= {program, 'lib', *also}
        for program, also in LINKED.items())


def test_unique_prefixes():
    """No two structs of a program share a prefix"""
    owners = collections.defaultdict(list)
    for s in SOURCES:
        for st in s.structs:
            if st.tag not in BARE and len(prefixes(st)) == 1:
                owners[min(prefixes(st))].append((s, st))
    none([s.at(st.line, '%s_ of %s: also of %s' % (
              prefix, st.tag or st.object, other.tag or other.object))
          for prefix, those in owners.items() if prefix
          for n, (s, st) in enumerate(those) for t, other in those[:n]
          if together(s.dir, t.dir)])


def family(module):
    """The module that a file belongs to: table for table_read."""
    return module.split('_')[0]


def test_functions():
    """Exported functions are called <file>_<verb>"""
    none([s.at(f.line, f.name) for s in SOURCES for f in s.functions
          if not f.static and f.name not in ('main', s.module) and
          not f.name.startswith(family(s.module) + '_') and
          not re.match(FOREIGN.get(s.module, '$'), f.name)])


def test_headers():
    """A header declares functions of the source of its name only"""
    defined = {f.name: s for s in SOURCES for f in s.functions
               if not f.static}
    none([s.at(p.line, '%s: %s' % (p.name, defined[p.name].path))
          for s in SOURCES if s.kind == '.h'
          for p in s.prototypes if p.name in defined and
          family(defined[p.name].module) != family(s.module)])


def test_declarations():
    """Each exported function is declared in one header, and only there"""
    places = collections.defaultdict(list)
    for s in SOURCES:
        for p in s.prototypes:
            if not p.static:
                places[p.name].append(s)
    none([s.at(f.line, '%s: %s' % (f.name, ' '.join(
              p.path for p in places[f.name]) or 'nowhere'))
          for s in SOURCES for f in s.functions
          if not f.static and f.name not in ('main', 'yyerror', 'yylex') and
          [p.kind for p in places[f.name]] != ['.h']])


def test_unique_structs():
    """No two structs have one name"""
    owners = {}
    found = []
    for s in SOURCES:
        for tag, line in [(st.tag, st.line) for st in s.structs
                          if st.tag] + s.heads:
            if tag in owners:
                found.append(s.at(line, '%s: also %s' % (tag, owners[tag])))
            owners[tag] = s.path
    none(found)


def test_unique_files():
    """No two programs have sources of one name"""
    owners = {s.module: s for s in reversed(SOURCES)}
    none([s.at(1, 'also %s' % owners[s.module].path) for s in SOURCES
          if owners[s.module].dir != s.dir])


def test_unique_functions():
    """No function is exported twice"""
    owners = {}
    found = []
    for s in SOURCES:
        for f in s.functions:
            if not f.static and f.name != 'main':
                if f.name in owners:
                    found.append(s.at(f.line, '%s: also %s' % (
                        f.name, owners[f.name])))
                owners[f.name] = s.path
    none(found)


def uses(directory):
    """{file: {file: [functions of that file it names]}}"""
    files = [s for s in SOURCES if s.dir == directory and s.kind != '.h']
    owner = {f.name: s.path for s in files for f in s.functions
             if not f.static}
    out = {s.path: collections.defaultdict(list) for s in files}
    for s in files:
        for name in sorted(set(re.findall(r'\b([a-z]\w+)\s*[(,;)}]',
                                          s.code))):
            if owner.get(name, s.path) != s.path:
                out[s.path][owner[name]].append(name)
    return out


def reached(arrows, start):
    """All files that a file depends on, in however many steps."""
    seen, todo = set(), [start]
    while todo:
        for path in arrows[todo.pop()]:
            if path not in seen:
                seen.add(path)
                todo.append(path)
    return seen


def test_circles():
    """No circles between the files of a directory"""
    found = []
    for directory in MAIN:
        arrows = uses(directory)
        far = {path: reached(arrows, path) for path in arrows}
        found += ['%s:1: %s: %s' % (path, other, ' '.join(names))
                  for path in arrows for other, names in arrows[path].items()
                  if path in far[other]]
    none(found)


def test_contents():
    """The head of popd.c lists all that runs as root"""
    popd = [s for s in SOURCES if s.dir == 'popd']
    head = [s.text for s in popd if s.module == 'popd' and
            s.kind == '.c'][0].split('*/')[1]
    listed = set(re.findall(r'\b\w+\.[cy]\b', head))
    none([s.at(1, 'not in the head of popd.c') for s in popd
          if s.kind != '.h' and s.module + s.kind not in listed] +
         ['popd/popd.c:1: %s: no such file' % name for name in
          listed - {s.module + s.kind for s in popd}])


main()
