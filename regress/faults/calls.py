# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What strace(1) saw a program do to a directory tree, told to a Disk."""

import os
import re

from popdtest.cases import check

# What is understood below, and what would have to be if it came.
KNOWN = 'openat,open,creat,close,dup,dup2,dup3,fcntl,read,lseek,write,' \
    'writev,pwrite64,ftruncate,rename,renameat,renameat2,link,linkat,' \
    'unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,exit_group'
UNKNOWN = 'truncate,fallocate,copy_file_range,sendfile,splice,pwritev,' \
    'pwritev2,symlink,symlinkat,rmdir,mknod,mknodat,sync,syncfs,' \
    'sync_file_range,msync'

LINE = re.compile(r'(\d+) +(\w+)\((.*)\) += (-?\w+)(?:<([^>]*)>.*| .*)?$')
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
FD = re.compile(r'(-?\d+|AT_FDCWD)(?:<([^>]*)>(?:\(deleted\))?)?$')


def command(out, program):
    return ['strace', '-f', '-y', '-xx', '-s', '1000000', '-o', out, '-e',
            'trace=' + KNOWN + ',' + UNKNOWN] + program


def unhex(text):
    return bytes.fromhex(text.replace('\\x', ''))


def string(arg):
    match = TEXT.match(arg)
    check(match and not match.group(2), 'strace: no string: ' + arg[:100])
    return unhex(match.group(1))


def calls(path):
    """(name, arguments, result, path of the result) of what succeeded."""
    with open(path) as f:
        for line in f:
            if line.split(' ', 1)[1].lstrip().startswith(('+++', '---')):
                continue
            if 'exit_group(' in line:
                yield 'exit_group', [re.search(r'\((\d+)', line)[1]], 0, None
                continue
            match = LINE.match(line)
            check(match, 'strace: ' + line[:200])
            name, args, result, where = match.groups()[1:]
            if int(result, 0) >= 0:
                yield (name, args.split(', '), int(result, 0),
                       where and unhex(where).decode())


class Open:
    """An open file: where, and at which offset."""

    def __init__(self, what, append):
        self.what, self.append, self.at = what, append, 0


class Reader:
    """Tell a disk what is in a trace.  on_input and on_output get what is
    read from descriptor 0 and written to 1, on_exit the status."""

    def __init__(self, disk):
        self.disk, self.files = disk, {}
        self.on_input = self.on_output = self.on_exit = lambda data: None

    def read(self, path):
        self.files = {}
        for name, args, result, where in calls(path):
            check(name in KNOWN.split(','), 'not understood: %s(%s)' % (
                name, ', '.join(args)[:200]))
            getattr(self, 'do_' + name.rstrip('0123456789').replace(
                'pwrite64', 'pwrite'))(args, result)

    # Names

    def place(self, arg, name):
        """(dir, name) below root, or None for what is elsewhere."""
        base = ''
        match = FD.match(arg)
        if match and match.group(2):
            base = unhex(match.group(2)).decode()
        path = os.path.normpath(os.path.join(base, string(name).decode()))
        rel = os.path.relpath(path, self.disk.root)
        if rel == '.':
            return '', ''
        if rel.startswith('..'):
            return None
        return os.path.dirname(rel), os.path.basename(rel)

    def do_openat(self, args, result):
        place = self.place(args[0], args[1])
        self.files.pop(result, None)
        if place is None:
            return
        rel, name = place
        what = self.disk.lookup(rel, name) if name else ''
        if what is None:
            check('O_CREAT' in args[2], 'opened what is not there: ' + name)
            what = self.disk.create(rel, name)
        self.files[result] = Open(what, 'O_APPEND' in args[2])
        if 'O_TRUNC' in args[2] and not isinstance(what, str) and \
                self.disk.size_of(what):
            self.disk.events.append(('size', what, 0))

    def do_open(self, args, result):
        self.do_openat(['AT_FDCWD'] + args, result)

    def do_creat(self, args, result):
        self.do_openat(['AT_FDCWD', args[0], 'O_CREAT|O_TRUNC'], result)

    def do_renameat(self, args, result):
        source, target = self.place(*args[:2]), self.place(*args[2:4])
        check(source and target, 'a rename across the root')
        self.disk.rename(*source, *target)

    def do_rename(self, args, result):
        self.do_renameat(['AT_FDCWD', args[0], 'AT_FDCWD', args[1]], result)

    def do_linkat(self, args, result):
        source, target = self.place(*args[:2]), self.place(*args[2:4])
        check(source and target, 'a link across the root')
        self.disk.change([(*target, self.disk.lookup(*source))])

    def do_link(self, args, result):
        self.do_linkat(['AT_FDCWD', args[0], 'AT_FDCWD', args[1]], result)

    def do_unlinkat(self, args, result):
        place = self.place(*args[:2])
        if place:
            self.disk.change([(*place, None)])

    def do_unlink(self, args, result):
        self.do_unlinkat(['AT_FDCWD'] + args, result)

    def do_mkdirat(self, args, result):
        place = self.place(*args[:2])
        if place:
            self.disk.mkdir(*place)

    def do_mkdir(self, args, result):
        self.do_mkdirat(['AT_FDCWD'] + args, result)

    # Descriptors

    @staticmethod
    def fd(arg):
        return int(FD.match(arg).group(1))

    def open(self, arg):
        """The open file of a descriptor, None if it is not below root."""
        return self.files.get(self.fd(arg))

    def do_close(self, args, result):
        self.files.pop(self.fd(args[0]), None)

    def do_dup(self, args, result):
        self.files.pop(result, None)
        if self.open(args[0]):
            self.files[result] = self.open(args[0])

    def do_fcntl(self, args, result):
        if args[1].startswith('F_DUPFD'):
            self.do_dup(args, result)

    def do_lseek(self, args, result):
        if self.open(args[0]):
            self.open(args[0]).at = result

    def do_read(self, args, result):
        if self.open(args[0]):
            self.open(args[0]).at += result
        elif self.fd(args[0]) == 0:
            self.on_input(string(args[1]))

    # Data

    def store(self, number, at, data):
        if data:
            self.disk.events.append(('data', number, at, data))

    def do_write(self, args, result):
        data = b''.join(unhex(t) for t, _ in TEXT.findall(args[1]))[:result]
        f = self.open(args[0])
        if f is None:
            if self.fd(args[0]) == 1:
                self.on_output(data)
            return
        if f.append:
            f.at = self.disk.size_of(f.what)
        self.store(f.what, f.at, data)
        f.at += result

    def do_writev(self, args, result):
        self.do_write([args[0], ' '.join(args[1:])], result)

    def do_pwrite(self, args, result):
        f = self.open(args[0])
        if f:
            self.store(f.what, int(args[3]), string(args[1])[:result])

    def do_ftruncate(self, args, result):
        f = self.open(args[0])
        if f:
            self.disk.events.append(('size', f.what, int(args[1])))

    def do_fsync(self, args, result):
        f = self.open(args[0])
        if f:
            self.disk.events.append(('sync', f.what))

    def do_fdatasync(self, args, result):
        self.do_fsync(args, result)

    def do_exit_group(self, args, result):
        self.on_exit(int(args[0]))
