# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Programs before popd, with the examples of etc/."""

from popdtest import *


class Front:
    """A program before popd, started with the example of etc/ in which some
    texts are replaced."""

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


def haproxy(how, *servers):
    """One before these ports."""
    port = free_port()
    one, two = (list(servers) * 2)[:2]
    return Front('haproxy.cfg', ['haproxy', '-db', '-f', '@conf@'], [
        ('maxconn 20000', 'maxconn 100'), ('bind :995', 'bind 127.0.0.1:%d' % port),
        ('127.0.0.1:9950', '127.0.0.1:%d' % one),
        ('127.0.0.2:9950', '127.0.0.1:%d' % two),
        ('send-proxy-v2', how)], [port]), port
