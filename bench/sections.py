# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""The sections of a run by name, each a function of a Bench."""

from database import tables
from delivery import delivery
from lmtp import lmtp
from growth import growth, idle
from peers import peers
from together import cache, fairness, listeners

__all__ = ['peers', 'delivery', 'lmtp', 'growth', 'idle', 'fairness',
           'listeners', 'cache', 'tables']
