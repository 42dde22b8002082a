# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Test cases.

A test file defines functions test_something(), whose first docstring line is
the name of the case, and calls main().  A case fails by raising an exception.
"""

import atexit
import os
import sys
import time
import traceback

from popdtest.env import PATIENCE

# Servers that run: main() ends them.
running = []


class Skip(Exception):
    """The case cannot run here; the text is the reason."""


class Failure(Exception):
    pass


def check(condition, why):
    if not condition:
        raise Failure(why)


def none(found):
    """Fail with a line for each thing found."""
    check(not found, '\n'.join([''] + found))


def equal(got, want, what='value'):
    if got != want:
        raise Failure('%s: got %s, want %s' % (what, short(got), short(want)))


def short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:200] + ' ... ' + text[-190:]


def until(what, condition):
    """Wait until condition() is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, 'waited for: ' + what)
        time.sleep(0.02)


def insist(what, do):
    """Call do() until it does not fail; return its result."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return do()
        except Failure as why:
            check(time.monotonic() < end, '%s: %s' % (what, why))
            time.sleep(0.1)


def main(namespace=None):
    """Run all test_*() functions of the calling file in their order."""
    if namespace is None:
        namespace = sys._getframe(1).f_globals
    failed = 0
    for name, function in list(namespace.items()):
        if not name.startswith('test_') or not callable(function):
            continue
        title = (function.__doc__ or name).strip().split('\n')[0].rstrip('.')
        try:
            function()
            print('ok - ' + title)
        except Skip as why:
            print('skip - %s: %s' % (title, why))
        except BaseException as why:
            failed += 1
            print('not ok - ' + title)
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            for server in running:
                print('# --- log of popd, its end')
                for line in server.log().splitlines()[-25:]:
                    print('# ' + line)
            if isinstance(why, KeyboardInterrupt):
                break
        sys.stdout.flush()
        for server in list(running):
            if not server.shared:
                server.kill()
    for server in list(running):
        try:
            server.stop()
        except Exception:
            failed += 1
            print('not ok - popd ends cleanly')
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            server.kill()
    sys.exit(1 if failed else 0)


def _uncaught(kind, why, trace):
    """A Skip before main() is for all cases."""
    if not issubclass(kind, Skip):
        return sys.__excepthook__(kind, why, trace)
    print('skip - all: %s' % why, flush=True)
    os._exit(0)


sys.excepthook = _uncaught


@atexit.register
def _end():
    for server in list(running):
        server.kill()
