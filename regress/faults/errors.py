#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 900
# once  (each run starts a program, which takes a sanitizer too long)
"""A session with each of its system calls failing in turn: its answers are
refusals or true, and no fault shortens the list or loses a message."""

from popdtest.cases import main
from books import cases
from faults import errors, lasting, partial


def plan(calls, turn):
    return errors(calls, turn) + lasting(calls, turn) + partial(calls)


cases(globals(), 'a fault in every system call, index: %s', plan)

main()
