#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 900
# once  (a sanitizer adds nothing to a kill)
"""A session killed at each of its system calls: no message is lost, half or
doubled, and what it reported was true."""

from popdtest.cases import main
from books import cases
from faults import kills

cases(globals(), 'killed at every system call, index: %s', kills)

main()
