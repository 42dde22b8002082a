# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Where things are, and how long they may take."""

import os

SRC = os.environ['SRC']
TOP = os.environ.get('TOP', SRC)
STAGE = os.environ['STAGE']
WORK = os.environ['WORK']
ASAN = os.environ.get('VARIANT') == 'asan'
POPD = STAGE + '/sbin/popd'
LIBEXEC = STAGE + '/libexec/popd'
MDA = LIBEXEC + '/mda'
CORPUS = os.path.join(TOP, '..', 'shared', 'corpus')

# Seconds that anything immediate may take.
PATIENCE = 30 if ASAN else 15

# The owners of maildirs when we are root: no account is needed for that.
UID, UID2 = 20701, 20702
