# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Programs in front of popd, with the examples of etc/."""

import atexit
import os
import shutil
import socket
import subprocess
import time

from popdtest.cases import Failure, check
from popdtest.env import PATIENCE, SRC, WORK
from popdtest.host import free_port
from popdtest.process import descendants, kill_all

MODULE = '/usr/lib/nginx/modules/ngx_mail_module.so'


class Front:
    """A program in front of popd, started with an example of etc/ in which
    some texts are replaced."""

    running = []

    def __init__(self, example, command, replace, ports, more=''):
        with open(os.path.join(SRC, 'etc', example)) as f:
            text = f.read()
        for old, new in replace:
            check(old in text, '%s has no %s' % (example, old))
            text = text.replace(old, new)
        self.dir = os.path.join(WORK, '%s%d' % (example, len(Front.running)))
        os.makedirs(self.dir, exist_ok=True)
        path = os.path.join(self.dir, example)
        with open(path, 'w') as f:
            f.write(text.replace('@dir@', self.dir) + more)
        self.log = open(self.dir + '/output', 'w+')
        self.process = subprocess.Popen(
            [word.replace('@conf@', path).replace('@dir@', self.dir)
             for word in command], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True)
        Front.running.append(self)
        atexit.register(self.kill)
        for port in ports:
            self.wait(port)

    def wait(self, port):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(('127.0.0.1', port)).close()
                return
            except OSError:
                if self.process.poll() is not None or \
                        time.monotonic() > end:
                    self.log.seek(0)
                    raise Failure('it does not listen: ' + self.log.read())
                time.sleep(0.02)

    def kill(self):
        if self.process.poll() is None:
            known = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            kill_all(known)


def have_nginx():
    return shutil.which('nginx') is not None and os.path.exists(MODULE)


def nginx(server, kind, methods='plain'):
    """One that asks this port of a server, and its ports for TLS, STLS,
    haproxy, IMAP and SMTP."""
    ports = [free_port() for i in range(5)]
    imap, smtp = ports[3:]
    more = ''.join("""
    server {
        listen 127.0.0.1:%d;
        protocol %s;
        %s;
        server_name localhost;
    }
""" % row for row in ((imap, 'imap', 'imap_auth plain login'),
                      (smtp, 'smtp', 'smtp_auth ' + methods.replace(
                          ' apop', ''))))
    replace = [
        ('modules/ngx_mail_module.so', MODULE),
        ('user www-data;', 'daemon off;'),
        ('worker_processes auto;', 'worker_processes 1;'),
        ('/var/log/nginx/error.log', 'stderr'), ('/run', '@dir@'),
        ('127.0.0.1:9000', '127.0.0.1:%d' % server.ports[kind]),
        ('/etc/ssl/mail.example.org.crt', server.pairs[0][0]),
        ('/etc/ssl/private/mail.example.org.key', server.pairs[0][1]),
        ('listen 995', 'listen 127.0.0.1:%d' % ports[0]),
        ('listen 110', 'listen 127.0.0.1:%d' % ports[1]),
        ('127.0.0.1:9950', '127.0.0.1:%d' % ports[2]),
        ('pop3_auth plain;', 'pop3_auth %s;' % methods),
        ('mail {', 'mail {' + more)]
    return Front('nginx.conf', ['nginx', '-e', 'stderr', '-p', '@dir@', '-c',
                                '@conf@'], replace, ports[:2]), ports


def haproxy(how, *servers):
    """One before these ports."""
    port = free_port()
    one, two = (list(servers) * 2)[:2]
    return Front('haproxy.cfg', ['haproxy', '-db', '-f', '@conf@'], [
        ('maxconn 20000', 'maxconn 100'),
        ('bind :995', 'bind 127.0.0.1:%d' % port),
        ('127.0.0.1:9950', '127.0.0.1:%d' % one),
        ('127.0.0.2:9950', '127.0.0.1:%d' % two),
        ('send-proxy-v2', how)], [port]), port
