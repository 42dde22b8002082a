#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""Programs that fetch mail unattended: fetchmail, getmail, mpop."""

import os
import re
import shlex

from popdtest.host import user_ids
from popdtest.mail import GETMAIL_TO
from programs import TLS, Cases, Loose, Program


class Fetchmail(Loose):
    name = tool = 'fetchmail'
    wrong = r'wrong user name or password', 3
    busy = r'mailbox is open in another session', 9

    def run(self, password='secret', delete=False):
        deliver = self.write('deliver', '#!/bin/sh\n'
                             'cat >"$(mktemp %s/new/XXXXXXXX)"\n' %
                             shlex.quote(self.out), 0o755)
        rc = self.write('fetchmailrc', '''
poll localhost protocol pop3 port %d
  username fetchmail password %s is joe here
  %s sslcertck sslcertfile "%s"
  no rewrite pass8bits %s mda "%s"
''' % (self.port, password, 'ssl' if self.kind == TLS else
       'sslproto "tls1.2+"', self.ca, 'nokeep' if delete else 'keep',
       deliver))
        return self.command('fetchmail', '-v', '-f', rc, '--nosyslog',
                            '--pidfile', self.home + '/pid',
                            '-i', self.home + '/ids')

    def same(self, got, data):
        return super().same(re.sub(rb'\n(Received|X-[^\n:]*): [^\n]*\n'
                                   rb'(?:[ \t][^\n]*\n)*', b'\n', got), data)


class Getmail(Loose):
    name = tool = 'getmail'
    stls = False
    # It makes no difference between reasons, but shows ours.
    wrong = r'POP error .*wrong user name or password', 127
    busy = r'POP error .*mailbox is open in another session', 127

    def run(self, password='secret', delete=False):
        rc = self.write('getmailrc', '''
[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = %d
username = getmail
password = %s
ca_certs = %s
%s[options]
read_all = false
delete = %s
''' % (self.port, password, self.ca, GETMAIL_TO % self.out, delete))
        # getmail does not deliver as root.
        ids = {}
        if os.getuid() == 0:
            uid, gid = user_ids()
            for directory, _, files in os.walk(self.home):
                for path in [directory] + [directory + '/' + name
                                           for name in files]:
                    os.chown(path, uid, gid)
            ids = dict(user=uid, group=gid, extra_groups=[])
        return self.command('getmail', '--getmaildir', self.home, '--rcfile',
                            rc, ids=ids)


class Mpop(Program):
    name = tool = 'mpop'
    # It does not show why.
    wrong = busy = r'authentication failed \(method PLAIN\)', 77

    def run(self, password='secret', delete=False):
        rc = self.write('mpoprc', '''
account default
host localhost
port %d
user mpop
password %s
tls on
tls_starttls %s
tls_trust_file %s
keep %s
received_header off
uidls_file %s/uidls
delivery maildir %s
''' % (self.port, password, 'off' if self.kind == TLS else 'on', self.ca,
            'off' if delete else 'on', self.home, self.out))
        return self.command('mpop', '-C', rc)


Cases([Fetchmail, Getmail, Mpop]).run()
