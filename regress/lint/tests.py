#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""The rules of the Python in regress/ and bench/."""

import ast
import builtins
import glob
import os

from popdtest.cases import main, none
from popdtest.env import SRC

LINES = 50          # of a function
COLUMNS = 79


def is_python(path):
    if path.endswith('.py'):
        return True
    with open(path, 'rb') as f:
        return f.readline().startswith(b'#!/usr/bin/env python3')


def sources():
    """[(path, text, tree)] of all Python there is."""
    out = []
    for path in sorted(glob.glob(SRC + '/regress/**/*.py', recursive=True) +
                       glob.glob(SRC + '/bench/*')):
        if os.path.isfile(path) and is_python(path):
            with open(path) as f:
                text = f.read()
            out.append((path[len(SRC) + 1:], text, ast.parse(text)))
    return out


SOURCES = sources()


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(
        n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))]


def imported(tree):
    """{name in the file: line} of all imports."""
    out = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for a in node.names:
                out[(a.asname or a.name).split('.')[0]] = node.lineno
    return out


def bound(tree):
    """All names that a file gives a value, in whatever scope."""
    out = set(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            out.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                               ast.ClassDef)) or \
                isinstance(node, ast.ExceptHandler) and node.name:
            out.add(node.name)
        elif isinstance(node, ast.arg):
            out.add(node.arg)
    return out


def read(tree):
    """[(name, line)] of all names that a file reads."""
    return [(n.id, n.lineno) for n in ast.walk(tree)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def exported(tree):
    """The names of __all__."""
    return {c.value for node in tree.body if isinstance(node, ast.Assign) and
            ast.unparse(node.targets[0]) == '__all__'
            for c in ast.walk(node.value) if isinstance(c, ast.Constant)}


def test_star():
    """Names are imported one by one"""
    none(['%s:%d: import *' % (path, node.lineno)
          for path, text, tree in SOURCES for node in ast.walk(tree)
          if isinstance(node, ast.ImportFrom) and node.names[0].name == '*'])


def test_missing():
    """Names imported from popdtest are defined there"""
    own = {path[len('regress/'):-len('.py')].replace('/', '.'):
           bound(tree) - set(imported(tree))
           for path, text, tree in SOURCES
           if path.startswith('regress/popdtest/')}
    none(['%s:%d: %s has no %s' % (path, node.lineno, node.module, a.name)
          for path, text, tree in SOURCES for node in ast.walk(tree)
          if isinstance(node, ast.ImportFrom) and
          node.module.split('.')[0] == 'popdtest' for a in node.names
          if a.name not in own.get(node.module, ())])


def test_unused():
    """Every import is used"""
    none(['%s:%d: unused: %s' % (path, line, name)
          for path, text, tree in SOURCES
          for used in [{n for n, _ in read(tree)} | exported(tree)]
          for name, line in imported(tree).items() if name not in used])


def test_undefined():
    """Every name is defined"""
    known = set(dir(builtins)) | {'__file__', '__name__', '__doc__'}
    none(['%s:%d: undefined: %s' % (path, line, name)
          for path, text, tree in SOURCES
          for defined in [bound(tree) | known]
          for name, line in read(tree) if name not in defined])


def test_paths():
    """No test changes where modules are found"""
    none(['%s: sys.path' % path for path, text, tree in SOURCES
          for node in ast.walk(tree) if isinstance(node, ast.Attribute) and
          ast.unparse(node) == 'sys.path' and
          not path.startswith(('bench/', 'regress/bench/'))])


def test_long_functions():
    """No function is longer than 50 lines"""
    none(['%s:%d: %d lines' % (path, f.lineno, length)
          for path, text, tree in SOURCES for f in functions(tree)
          for length in [f.end_lineno - f.lineno + 1] if length > LINES])


def test_columns():
    """79 columns"""
    none(['%s:%d: %d columns' % (path, number, len(line))
          for path, text, tree in SOURCES
          for number, line in enumerate(text.split('\n'), 1)
          if len(line) > COLUMNS])


def test_titles():
    """Every case has a title, which no other case of its file has"""
    found = []
    for path, text, tree in SOURCES:
        titles = set()
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and \
                    node.name.startswith('test_'):
                title = (ast.get_docstring(node) or '').split('\n')[0]
                if not title or title in titles:
                    found.append('%s:%d: title' % (path, node.lineno))
                titles.add(title)
    none(found)


main()
