#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""Thunderbird without a screen, driven through Marionette."""

import os
import shutil
import time

from popdtest.ca import Authority
from popdtest.cases import Failure, Skip, check, equal, main, short
from popdtest.env import WORK
from popdtest.server import Configured
from popdtest.thunderbird import ANSWER, ASK, FETCH, Alert, Thunderbird
from programs import HEAD, MAIL, STLS, TLS, lines

if shutil.which('thunderbird'):
    # It takes no certificate for an authority and a server at once.
    CA = Authority()
    PAIR = CA.issue('localhost')
    server = Configured(['tls', 'starttls'], shared=True, pairs=[PAIR],
                        users={'joe': 'secret'})
    box = server['joe']


def open_account(name, kind, password='secret'):
    if not shutil.which('thunderbird'):
        raise Skip('needs thunderbird')
    for path in box.all():
        os.unlink(box.sub(path))
    for data in MAIL:
        box.add(data)
    t = Thunderbird('%s/thunderbird-%s' % (WORK, name))
    t.account(CA.cert, 'joe', server.ports[kind], kind == TLS, password)
    return t


def whole(t, messages):
    """Wait until each message is in its inbox, line ends and From aside."""
    end = time.monotonic() + ANSWER
    while True:
        data = lines(t.inbox()).replace(b'\n>From ', b'\nFrom ')
        missing = [one for one in messages if one.rstrip(b'\n') not in data]
        if not missing:
            return
        check(time.monotonic() < end, 'no %s' % short(missing[0]))
        time.sleep(0.1)


def fetch(t, retrieved, left):
    """Fetch once: what the server's log says about it."""
    mark = server.mark()
    t.fetch()
    server.wait_log('session end .* retrieved=%d .* left=%d .*reason=quit'
                    % (retrieved, left), mark)
    server.no_workers()


def keep_and_delete(kind):
    t = open_account('keep%d' % kind, kind)
    try:
        t.keep(True)
        fetch(t, len(MAIL), len(MAIL))
        t.has(len(MAIL))
        whole(t, MAIL)
        fetch(t, 0, len(MAIL))
        more = HEAD % 99 + b'Subject: one more\n\nlate\n'
        box.add(more)
        fetch(t, 1, len(MAIL) + 1)
        t.has(len(MAIL) + 1)
        whole(t, [more])
        t.keep(False)
        box.add(more)
        fetch(t, 1, 0)
        t.has(len(MAIL) + 2)
        equal(box.all(), [], 'messages on the server')
    finally:
        t.end()


def test_tls():
    """Thunderbird fetches, keeps on server, fetches none twice, deletes"""
    keep_and_delete(TLS)


def test_stls():
    """Thunderbird does the same with STLS"""
    keep_and_delete(STLS)


def test_wrong():
    """Thunderbird asks for another password after a wrong one"""
    t = open_account('wrong', TLS, 'wrong')
    try:
        t.fetch()
        raise Failure('no dialog')
    except Alert as why:
        equal(str(why), 'Login to server localhost with username joe failed.',
              'dialog')
    finally:
        t.end()


def test_in_use():
    """Thunderbird fetches once the other session has ended"""
    t = open_account('in-use', TLS)
    try:
        holder = server.login()
        mark = server.mark()
        # It does not report the end of this.  Its next try may be on the
        # connection that ends, and then it waits in vain for its own time
        # to be over, which is 110 seconds by default; or it asks for
        # another password, whatever the reason was.
        t.script('Services.prefs.setIntPref("mailnews.tcptimeout", 10)')
        t.script(FETCH.replace('done(', '('))
        server.wait_log('session end .* reason=refused', mark)
        equal(len(box.all()), len(MAIL), 'messages on the server')
        holder.quit()
        t.has(len(MAIL), ASK)
        whole(t, MAIL)
    finally:
        t.end()


if __name__ == '__main__':
    main()
