# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Shared by the whole-server tests.  Import each name from its module:

    cases       main() runs the cases of a file; check(), equal(), Skip
    env         paths of the build under test, PATIENCE, uids of mail users
    server      Server: a scratch popd with users, tables and certificates
    client      Client: a POP3 client that controls every octet it sends
    worker      Worker: a session with wrkrpop alone
    talk        Talk: the same over pipes; Replies parses replies
    lmtp        LmtpServer and an LMTP client
    maildir     Maildir
    spool       Spool: a mail spool beside a maildir
    mail        unusual messages, their form on the wire, mda()
    table       Table: a table process, which runs tableprog.py
    postgres    a PostgreSQL, and OpenSMTPD's own table programs
    mta         Mta, Postfix: mail servers that deliver
    thunderbird Thunderbird without a screen
    ca          Authority: certificates; certificate()
    password    bcrypt hashes, PLAIN messages
    host        accounts, free ports, IPv6
    process     processes as /proc shows them
    targets     which process has which role, and whose session
    inject      system calls made inside another process, with inject.c
    hostile     messages that a compromised child may send
    build       a build of the tree with other limits
"""
