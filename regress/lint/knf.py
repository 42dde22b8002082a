#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""How C is laid out, and how the server speaks."""

import re

from popdtest.cases import main, none
from popdtest.csource import MAIN, declarations, sources

SOURCES = sources(MAIN + ['compat', 'regress'])
NAMED = 4           # parameters of a prototype that need no names
TYPES = ('void int char short long unsigned signed').split()


def width(text):
    return len(text.expandtabs(8))


def test_tabs():
    """A tab is between the type of a local variable and its name"""
    none([s.at(line, m[5]) for s in SOURCES
          for is_struct, block in declarations(s) if not is_struct
          for line, m in block if '\t' not in m[3]])


def test_columns():
    """The names of one block of declarations line up"""
    found = []
    for s in SOURCES:
        for is_struct, block in declarations(s):
            stops = [width(m[1] + m[2] + m[3].rstrip(' '))
                     for line, m in block if '\t' in m[3]]
            # A type may be too long for the column of a struct.
            found += [s.at(line, m[5]) for line, m in block if stops and
                      width(m[1] + m[2] + m[3].rstrip(' ')) != stops[0] and
                      (m[3] != ' ' or width(m[1] + m[2]) < stops[0])]
    none(found)


def test_stars():
    """A name without a star has a blank in its place"""
    none([s.at(line, m[5]) for s in SOURCES
          for is_struct, block in declarations(s) for line, m in block
          if not m[4] and not m[3].endswith(' ')])


def parameters(text):
    """The parameters of a prototype, split where no parenthesis is open."""
    out, depth = [''], 0
    for c in text:
        depth += (c == '(') - (c == ')')
        if c == ',' and depth == 0:
            out.append('')
        else:
            out[-1] += c
    return [' '.join(p.split()) for p in out]


def named(parameter):
    """Whether something is left of it without its type."""
    if parameter == '...' or re.search(r'\(\*\w+\)', parameter):
        return True
    words = [w for w in re.findall(r'\w+', re.sub(r'\[.*|\(.*', '',
                                                  parameter))
             if w not in ('const', 'volatile')]
    if words[0] in ('struct', 'enum', 'union'):
        words = words[1:]
    elif words[0] in TYPES:
        while words and words[0] in TYPES:
            words = words[1:]
        return bool(words)
    return len(words) > 1


def test_parameters():
    """Prototypes of more than four parameters name them"""
    none([s.at(p.line, '%s: %s' % (p.name, parameter))
          for s in SOURCES for p in s.prototypes
          if len(parameters(p.params)) > NAMED
          for parameter in parameters(p.params) if not named(parameter)])


def test_wire():
    """What is sent after +OK and -ERR begins in lower case, or is a name"""
    none([s.at(s.line(m.start()), m.group()) for s in SOURCES
          if s.dir in MAIN for m in re.finditer(
              r'"(\+OK|-ERR) (\[[A-Z/-]+\] )?[A-Z]([a-z]| ).*', s.text)])


main()
