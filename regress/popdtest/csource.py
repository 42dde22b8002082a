# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The C sources, read as far as the rules in regress/lint need it.

This is no parser.  It relies on style(9): the name of a function begins its
line, and a closing brace has the indent of the line that opened it.
"""

import collections
import glob
import os
import re

from popdtest.env import SRC

# The directories of the programs, and what each links besides lib/.
LINKED = {
    'popd': [], 'lsnrpop': [], 'lmtppop': [], 'keypop': [], 'authpop': [],
    'hashpop': [], 'tabpop': [], 'syspop': [], 'wrkrpop': ['mail'],
    'dlvrpop': ['mail'], 'mda': ['mail'], 'popctl': ['mail'],
}
MAIN = list(LINKED) + ['mail', 'lib']

Function = collections.namedtuple('Function', 'name static line')
Prototype = collections.namedtuple('Prototype', 'name static params line')
Struct = collections.namedtuple('Struct', 'tag object fields line')

BLANKED = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                     re.S)
FUNCTION = re.compile(r'^((?:static )?[a-z_][^\n;={}()]*)\n([a-z_]\w*)'
                      r'\([^;{}]*\)\n\{$', re.M)
PROTOTYPE = re.compile(r'^((?:static )?[a-z][\w \t*]*[\t *])([a-z_]\w*)'
                       r'\(([^;{}]*)\)(?:\s*__attribute__[^;{]*)?;', re.M)
STRUCT = re.compile(r'^(?:static )?(?:const )?(?:struct|union)(?: (\w+))? '
                    r'\{\n(.*?)^\}([^;={]*)', re.M | re.S)
HEAD = re.compile(r'^(?:TAILQ|STAILQ|LIST|SLIST|RB)_HEAD\((\w+),', re.M)
INNER = re.compile(r'\b(?:struct|union|enum)\s*\w*\s*\{[^{}]*\}')
LIST_MACRO = re.compile(r'\b[A-Z]+_(?:HEAD|ENTRY)\([^()]*\)')
CONTROL = re.compile(r'\t+(return|goto|break|case|else|if|while|for|do|'
                     r'switch|default|continue)\b')
DECLARATION = re.compile(
    r'(\t+)((?:(?:static|const|volatile|unsigned|signed|struct|enum|union|'
    r'long) )*(?:[A-Z]+_(?:HEAD|ENTRY)\([^()]*\)|[A-Za-z_]\w*)'
    r'(?: (?:int|char|long|const))*(?: \*const)?)([ \t]+)'
    r'(\(?\**)(\w+)([\[;,=: )(].*)?$')


def blanked(found):
    """White space of the same extent; the quotes of a string stay."""
    text = re.sub(r'[^\n\t]', ' ', found.group())
    quote = found.group()[0]
    return text if quote == '/' else quote + text[1:-1] + quote


def field_names(body):
    """The fields of a struct, but not those of structs inside it."""
    while INNER.search(body):
        body = INNER.sub(' X ', body)
    body = LIST_MACRO.sub(' X ', body)
    found = []
    for part in body.split(';'):
        pointer = re.findall(r'\(\*\s*(\w+)\)', part)
        if pointer or not part.strip():
            found += pointer
            continue
        part = re.sub(r'\([^()]*\)|\[.*?\]|:.*', '', part)
        found += [re.findall(r'\w+', name)[-1] for name in part.split(',')
                  if re.search(r'\w', name)]
    return found


class Source:
    """One file: its text, and its code with comments and strings blanked."""

    def __init__(self, path):
        self.path = path
        self.dir = path.split('/')[0]
        self.module, self.kind = os.path.splitext(os.path.basename(path))
        with open(os.path.join(SRC, path)) as f:
            self.text = f.read()
        self.code = BLANKED.sub(blanked, self.text)
        self.functions = [
            Function(m[2], m[1].startswith('static'), self.line(m.start(2)))
            for m in FUNCTION.finditer(self.code)]
        self.prototypes = [
            Prototype(m[2], m[1].startswith('static'), m[3],
                      self.line(m.start()))
            for m in PROTOTYPE.finditer(self.code)]
        self.structs = [
            Struct(m[1], ''.join(re.findall(r'\w+', m[3])[:1]),
                   field_names(m[2]), self.line(m.start()))
            for m in STRUCT.finditer(self.code)]
        self.heads = [(m[1], self.line(m.start()))
                      for m in HEAD.finditer(self.code)]

    def line(self, offset):
        return self.code.count('\n', 0, offset) + 1

    def at(self, line, what):
        return '%s:%d: %s' % (self.path, line, what)


def sources(dirs):
    """All of these directories, but for what yacc makes of a grammar."""
    return [Source(path[len(SRC) + 1:]) for d in dirs
            for path in sorted(glob.glob('%s/%s/**/*.[chy]' % (SRC, d),
                                         recursive=True))
            if os.path.basename(path) != 'parse.c']


def after_brace(lines, start):
    """The line after the brace that closes the one at the end of start."""
    indent = re.match(r'\t*', lines[start]).group()
    end = start + 1
    while end < len(lines) and not lines[end].startswith(indent + '}'):
        end += 1
    return end + 1


def declared(lines, start, is_struct):
    """[(line, match)] of the declarations from start to the first of others.

    Comments and structs in between are passed over.
    """
    found, at = [], start
    while at < len(lines):
        line = lines[at].rstrip()
        match = DECLARATION.match(line)
        if not line and (is_struct or lines[at]):
            at += 1
        elif re.match(r'\t+(?:static )?(?:const )?(struct|union)\b[^()=]*\{$',
                      line):
            at = after_brace(lines, at)
        elif not match or CONTROL.match(line) or \
                found and match[1] != found[0][1][1]:
            break
        else:
            found.append((at + 1, match))
            while at < len(lines) and not lines[at].rstrip().endswith(';'):
                at += 1
            at += 1
    return found


def declarations(source):
    """[(whether of a struct, [(line, match)])] of each block of a file.

    The groups of a match: indent, type, gap, stars, name, the rest.
    """
    lines = source.code.split('\n')
    out = []
    for at, line in enumerate(lines):
        line = line.rstrip()
        is_struct = bool(re.search(r'\b(struct|union)\b[^()=]*\{$', line))
        if line.endswith('{') and not line.endswith('= {') and \
                not re.search(r'\benum\b[^()]*\{$', line):
            found = declared(lines, at + 1, is_struct)
            if found:
                out.append((is_struct, found))
    return out
