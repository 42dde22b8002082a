# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A Thunderbird without a screen, driven through Marionette."""

import json
import os
import shutil
import socket
import subprocess
import time

from popdtest.cases import check, equal
from popdtest.host import free_port

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

    def account(self, ca, user, port, tls, password):
        with open(ca) as f:
            text = ''.join(line.strip() for line in f if '-----' not in line)
        self.script(ACCOUNT, text, user, port, 3 if tls else 2,
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
        """Wait until that many messages are in the inbox."""
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
