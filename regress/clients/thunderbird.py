#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""Thunderbird without a screen, driven through Marionette."""

import json

from programs import *

# How long it may take to start, and to answer on a busy machine.
START, ANSWER = 60, 60

# GetNewMail for the one account: its result.
FETCH = '''
const done = arguments[arguments.length - 1];
const inbox = server.rootFolder.getFolderWithFlags(0x1000);
MailServices.pop3.GetNewMail(null, {
    OnStartRunningUrl() {},
    OnStopRunningUrl(url, status) {
        done(status);
    },
    QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
}, inbox, server);
'''

# The same, but without waiting; nothing while the last one goes on.
ASK = '''
const inbox = server.rootFolder.getFolderWithFlags(0x1000);
if (!server.serverBusy)
    MailServices.pop3.GetNewMail(null, null, inbox, server);
return inbox.getTotalMessages(false);
'''

COUNT = '''
return server.rootFolder.getFolderWithFlags(0x1000).getTotalMessages(false);
'''

ACCOUNT = '''
const [ca, user, port, socket, password] = arguments;
Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
    .addCertFromBase64(ca, "CT,,");
const made = MailServices.accounts.createIncomingServer(user, "localhost",
    "pop3");
made.port = port;
made.socketType = socket;
made.password = password;
const account = MailServices.accounts.createAccount();
account.incomingServer = made;
const identity = MailServices.accounts.createIdentity();
identity.email = user + "@example.test";
account.addIdentity(identity);
'''

PREFS = '''
user_pref("marionette.port", %d);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.rights.version", 1);
user_pref("mail.biff.play_sound", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
'''


class Alert(Exception):
    """What Thunderbird says in a dialog; it is dismissed."""


def authority(directory):
    """A certificate authority and what it signed: (its certificate, pair).
    Thunderbird takes no certificate for an authority and a server at once."""
    os.makedirs(directory, exist_ok=True)
    ca, cert, request = [directory + name for name in
                         ('/ca.crt', '/server.crt', '/server.csr')]

    def openssl(*args):
        subprocess.run(('openssl',) + args, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    new = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
    openssl('req', '-x509', *new, '-days', '30', '-subj', '/CN=authority',
            '-keyout', directory + '/ca.key', '-out', ca)
    openssl('req', *new, '-subj', '/CN=localhost', '-keyout',
            directory + '/server.key', '-out', request)
    with open(directory + '/names', 'w') as f:
        f.write('subjectAltName=DNS:localhost\n')
    openssl('x509', '-req', '-in', request, '-CA', ca, '-CAkey',
            directory + '/ca.key', '-CAcreateserial', '-days', '30',
            '-extfile', directory + '/names', '-out', cert)
    with open(cert, 'a') as f, open(ca) as issuer:
        f.write(issuer.read())
    os.chmod(cert, 0o644)
    os.chmod(directory + '/server.key', 0o600)
    return ca, (cert, directory + '/server.key')


class Thunderbird:
    """A Thunderbird with one account in a profile of its own."""

    def __init__(self, profile, display=None):
        self.port = free_port()
        shutil.rmtree(profile, ignore_errors=True)
        os.makedirs(profile)
        self.profile = profile
        with open(profile + '/user.js', 'w') as f:
            f.write(PREFS % self.port)
        self.log = open(profile + '/log', 'wb')
        self.process = subprocess.Popen(
            ['thunderbird', '--marionette', '--remote-allow-system-access',
             '--no-remote', '--profile', profile] +
            ([] if display else ['--headless']),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=profile, start_new_session=True,
            env=dict(os.environ, HOME=profile, **(
                {'DISPLAY': display} if display else {})))
        self.number, self.buffer = 0, b''
        try:
            self.attach()
        except BaseException:
            self.end()
            raise

    def attach(self):
        end = time.monotonic() + START
        while True:
            try:
                self.sock = socket.create_connection(('127.0.0.1',
                                                      self.port))
                break
            except OSError:
                check(time.monotonic() < end and
                      self.process.poll() is None, 'no Marionette')
                time.sleep(0.1)
        self.sock.settimeout(2 * ANSWER)
        self.read()
        self.command('WebDriver:NewSession', capabilities={})
        self.command('WebDriver:SetTimeouts', script=ANSWER * 1000)
        self.command('Marionette:SetContext', value='chrome')

    def read(self):
        """A message is its length, a colon, JSON."""
        def more():
            data = self.sock.recv(65536)
            check(data != b'', 'Thunderbird ended')
            self.buffer += data
        while b':' not in self.buffer:
            more()
        length, self.buffer = self.buffer.split(b':', 1)
        while len(self.buffer) < int(length):
            more()
        data, self.buffer = (self.buffer[:int(length)],
                             self.buffer[int(length):])
        return json.loads(data)

    def command(self, name, **what):
        self.number += 1
        data = json.dumps([0, self.number, name, what]).encode()
        self.sock.sendall(b'%d:%s' % (len(data), data))
        error, result = self.read()[2:]
        if error and error['error'] == 'unexpected alert open':
            raise Alert(error['message'])
        check(not error, str(error))
        return result

    def script(self, text, *args, wait=False):
        return self.command(
            'WebDriver:ExecuteAsyncScript' if wait else
            'WebDriver:ExecuteScript', args=args, sandbox='system',
            script='''
const {MailServices} = ChromeUtils.importESModule(
    "resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.accounts[0]?.incomingServer
    .QueryInterface(Ci.nsIPop3IncomingServer);
''' + text)['value']

    def account(self, ca, user, port, kind, password):
        with open(ca) as f:
            text = ''.join(line.strip() for line in f if '-----' not in line)
        self.script(ACCOUNT, text, user, port, 3 if kind == TLS else 2,
                    password)

    def keep(self, keep):
        self.script('server.leaveMessagesOnServer = arguments[0]', keep)

    def fetch(self):
        """Fetch until it says that it is done, unless by an Alert."""
        result = self.script(FETCH, wait=True)
        if result is None:
            text = self.command('WebDriver:GetAlertText')['value']
            self.command('WebDriver:DismissAlert')
            raise Alert(text)
        equal(result, 0, 'result of GetNewMail')

    def has(self, count, script=COUNT):
        """Wait until so many messages are in the inbox."""
        end = time.monotonic() + ANSWER
        now = None
        while now != count:
            check(time.monotonic() < end, 'messages in the inbox: %s, not %d'
                  % (now, count))
            time.sleep(0.1)
            try:
                now = self.script(script)
            except Alert:
                pass

    def inbox(self):
        """The octets of the inbox, which is one file."""
        with open(self.profile + '/Mail/localhost/Inbox', 'rb') as f:
            return f.read()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


if shutil.which('thunderbird'):
    CA, PAIR = authority(WORK + '/authority')
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
    t.account(CA, 'joe', server.ports[kind], kind, password)
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
    """Fetch once: what the server says that it was."""
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
    """Thunderbird fetches, leaves it there, fetches none twice, deletes"""
    keep_and_delete(TLS)


def test_stls():
    """Thunderbird does so by STLS"""
    keep_and_delete(STLS)


def test_wrong():
    """Thunderbird asks for another password if it is wrong"""
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
    """Thunderbird fetches once a mailbox is no longer open elsewhere"""
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
