#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""What scripts fetch mail with: curl, Perl's Net::POP3, Python's poplib."""

import poplib
import ssl

from popdtest.mail import wire
from programs import STLS, TLS, Cases, Program

PERL = r'''
use strict;
use Net::POP3;
my ($port, $ca, $starttls, $user, $password, $delete) = @ARGV;
my $p = Net::POP3->new('localhost', Port => $port, Timeout => 20,
    SSL => !$starttls, SSL_ca_file => $ca) or die "no connection: $@\n";
!$starttls or $p->starttls(SSL_ca_file => $ca) or die "no TLS: $@\n";
defined $p->login($user, $password) or die $p->code . ' ' . $p->message;
my %seen;
if (open(my $f, '<', 'seen')) { chomp(my @l = <$f>); @seen{@l} = (); }
my $ids = $p->uidl() or die $p->message;
for my $n (sort { $a <=> $b } keys %$ids) {
    next if exists $seen{$ids->{$n}};
    open(my $out, '>', "out/new/$n") or die "$!\n";
    $p->get($n, $out) or die $p->message;
    close($out);
    $p->delete($n) or die $p->message if $delete;
    $seen{$ids->{$n}} = 1;
}
$p->quit() or die $p->message;
open(my $f, '>', 'seen') or die "$!\n";
print $f "$_\n" for keys %seen;
'''


class Script(Program):
    """A program without state: fetched mail is noted here."""

    def __init__(self, *more):
        super().__init__(*more)
        self.seen = set()

    def keep(self, number, data):
        with open('%s/new/%03d' % (self.out, number), 'wb') as f:
            f.write(data)

    def same(self, got, data):
        return got == wire(data)


class Curl(Script):
    name = tool = 'curl'
    wrong = r'Login denied', 67
    busy = r'-ERR \[IN-USE\] mailbox is open in another session', 67

    def get(self, password, path, *flags):
        return self.command(
            'curl', '-sSv', '-o', self.home + '/answer', '--cacert', self.ca,
            '-u', 'curl:' + password, *flags,
            '%s://localhost:%d/%s' % (
                'pop3s' if self.kind == TLS else 'pop3', self.port, path),
            *([] if self.kind == TLS else ['--ssl-reqd']))

    def answer(self):
        with open(self.home + '/answer', 'rb') as f:
            return f.read()

    def run(self, password='secret', delete=False):
        status, text = self.get(password, '', '-X', 'UIDL')
        if status != 0:
            return status, text
        for line in self.answer().decode().splitlines():
            number, uid = line.split()
            if uid in self.seen:
                continue
            self.seen.add(uid)
            status, text = self.get(password, number)
            if status != 0:
                return status, text
            self.keep(int(number), self.answer())
        for number in range(len(self.seen) if delete else 0):
            self.get(password, '1', '-X', 'DELE', '-I')
            self.server.no_workers()
        return status, text


class Poplib(Script):
    name, tool = 'poplib', 'python3'
    wrong = r"b'-ERR \[AUTH\] wrong user name or password'", 1
    busy = r"b'-ERR \[IN-USE\] mailbox is open in another session", 1

    def run(self, password='secret', delete=False):
        context = ssl.create_default_context(cafile=self.ca)
        if self.kind == TLS:
            p = poplib.POP3_SSL('localhost', self.port, context=context,
                                timeout=30)
        else:
            p = poplib.POP3('localhost', self.port, timeout=30)
            p.stls(context)
        try:
            p.user(self.name)
            p.pass_(password)
            for line in p.uidl()[1]:
                number, uid = line.split()
                if uid not in self.seen:
                    self.seen.add(uid)
                    self.keep(int(number), b''.join(
                        l + b'\r\n' for l in p.retr(int(number))[1]))
                    if delete:
                        p.dele(int(number))
            p.quit()
            return 0, ''
        except poplib.error_proto as why:
            p.close()
            return 1, str(why)


class NetPop3(Program):
    name, tool = 'net-pop3', 'perl'
    wrong = r'\[AUTH\] wrong user name or password', 255
    busy = r'\[IN-USE\] mailbox is open in another session', 255

    def run(self, password='secret', delete=False):
        path = self.write('fetch.pl', PERL)
        return self.command('perl', path, str(self.port), self.ca,
                            '1' if self.kind == STLS else '', self.name,
                            password, '1' if delete else '')


Cases([Curl, Poplib, NetPop3]).run()
