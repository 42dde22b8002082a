# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What may be on a disk after a power cut, given the calls that were made.

Names and data are volatile until fsync(2).  fsync of a file makes its data
and size durable, but not its name; fsync of a directory makes what was made,
renamed and removed in it durable.  Of the rest a power cut may leave:

  names, journal:  of each directory the first so many changes; a rename
                   across directories has happened in both or in neither
  names, loose:    any subset of the changes; a rename puts in the new name
                   first, so that it may be in both, but never in neither
  data:            none of it, the first so many octets, zeros in its place,
                   any of its blocks of 4096 or 512 octets
  times:           those of a directory may be older than its names (ffs
                   writes a block of names at once and the inode later)
"""

import collections
import itertools
import os

# A name in a directory gets a file (or None): one half of a rename, or all of
# another call.  pair is the other half's place in the list of parts.
Part = collections.namedtuple('Part', 'at dir name file pair')

# stale: directories with old times.  key: two states with the same key are
# the same to any reader.
State = collections.namedtuple('State', 'at names stamps stale how key')

SUBSETS = 7             # so many parts: all subsets; else a sample
SAMPLE = 40


def overlay(data, at, new):
    """data with new written at an offset; a hole reads as zeros."""
    data = data.ljust(at, b'\0')
    return data[:at] + new + data[at + len(new):]


def resize(data, length):
    return data[:length].ljust(length, b'\0')


def apply(data, op):
    return overlay(data, op[2], op[3]) if op[0] == 'data' \
        else resize(data, op[2])


class Disk:
    """A directory tree, and what happened to it in the order of the calls.

    Directories are named by their paths below root and are never renamed.
    Files are numbers.  Events: ('names', [(dir, name, file), ...]),
    ('data', file, offset, octets), ('size', file, length), ('sync', file or
    directory), ('mark', anything).
    """

    def __init__(self, root, store, rng, timed):
        self.root, self.store, self.rng = root, store, rng
        self.timed = timed      # directories whose times matter
        self.events, self.bounds, self.start = [], [], {}
        self.live, self.first, self.cache = {}, {}, {}
        os.mkdir(store)
        for path, _, files in os.walk(root):
            rel = os.path.relpath(path, root)
            rel = '' if rel == '.' else rel
            self.live[rel] = {}
            if rel:
                self.live[os.path.dirname(rel)][os.path.basename(rel)] = rel
            for name in files:
                self.keep(rel, name, os.path.join(path, name))
        self.first = {d: dict(names) for d, names in self.live.items()}

    def keep(self, rel, name, path):
        """A file that is there at the start, and stays in the store."""
        ino = os.stat(path).st_ino
        self.live[rel][name] = ino
        if ino not in self.start:
            with open(path, 'rb') as f:
                self.start[ino] = f.read()
            os.link(path, os.path.join(self.store, str(ino)))

    # What happens

    def lookup(self, rel, name):
        return self.live[rel].get(name)

    def change(self, slots):
        for rel, name, what in slots:
            if what is None:
                self.live[rel].pop(name, None)
            else:
                self.live[rel][name] = what
        self.events.append(('names', slots))

    def create(self, rel, name):
        number = -1 - len(self.start)
        self.start[number] = b''
        self.change([(rel, name, number)])
        return number

    def mkdir(self, rel, name):
        path = os.path.join(rel, name)
        self.live[path] = {}
        self.change([(rel, name, path)])

    def rename(self, rel, name, to, toname):
        what = self.live[rel][name]
        self.change([(to, toname, what), (rel, name, None)])

    def size_of(self, number):
        return len(self.contents(number, len(self.events)))

    def bound(self):
        """Between two programs: the times of the directories are known."""
        times = {}
        for rel in set(self.timed).intersection(self.live):
            st = os.stat(os.path.join(self.root, rel))
            times[rel] = (st.st_mtime_ns, st.st_ctime_ns)
        self.bounds.append((len(self.events), times))

    # What may be left of the data

    def ops(self, number, since, until):
        return [e for e in self.events[since:until]
                if e[0] in ('data', 'size') and e[1] == number]

    def contents(self, number, until, since=0, data=None):
        data = self.start[number] if data is None else data
        for op in self.ops(number, since, until):
            data = apply(data, op)
        return data

    def synced(self, what, until):
        for i in range(until - 1, -1, -1):
            if self.events[i] == ('sync', what):
                return i
        return 0

    def images(self, number, until):
        """[(how, octets)] of a file: the last is what it should be."""
        since = self.synced(number, until)
        ops = self.ops(number, since, until)
        key = number, since, len(ops)
        if key not in self.cache:
            base = self.contents(number, since)
            found = {}
            for how, data in self.torn(base, ops):
                found.setdefault(data, how)
            found.pop(data)
            found[data] = 'all'
            self.cache[key] = [(how, data) for data, how in found.items()]
        return self.cache[key]

    def torn(self, base, ops):
        steps = [base]
        for op in ops:
            steps.append(apply(steps[-1], op))
        last = steps[-1]
        for i, op in enumerate(ops):
            yield 'first %d of %d writes' % (i, len(ops)), steps[i]
            yield from self.cuts(steps[i], i, op)
        for i, step in enumerate(steps[1:]):
            if len(step) > len(base):
                yield 'size of write %d, zeros' % i, resize(base, len(step))
        # What a truncation cuts off is never zeros before it is gone: its
        # blocks and the size are in one inode.
        last = steps[-1] + base[len(steps[-1]):]
        for size in sorted({len(step) for step in steps}):
            for unit in (4096, 512):
                yield from self.blocks(resize(base, size),
                                       resize(last, size), unit)

    def cuts(self, data, i, op):
        """One write of which only the beginning came through."""
        if op[0] != 'data':
            return
        length = len(op[3])
        points = {1, 8, length // 2, length // 2 & ~7, length - 8, length - 1,
                  512 - op[2] % 512, 4096 - op[2] % 4096}
        differ = [n for n, octet in enumerate(op[3])
                  if data[op[2] + n:op[2] + n + 1] != bytes([octet])]
        points.update(differ[:1] + differ[1:2] + differ[-1:] +
                      differ[len(differ) // 2:][:1])
        for n in sorted(points):
            if 0 < n < length:
                yield 'write %d cut at %d of %d' % (i, n, length), \
                    overlay(data, op[2], op[3][:n])

    def blocks(self, old, last, unit):
        dirty = [at for at in range(0, len(last), unit)
                 if old[at:at + unit] != last[at:at + unit]]
        if len(dirty) <= 5:
            chosen = itertools.product((0, 1), repeat=len(dirty))
        else:
            chosen = [[self.rng.randrange(2) for _ in dirty]
                      for _ in range(24)]
        for bits in chosen:
            data = old
            for at, bit in zip(dirty, bits):
                if bit:
                    data = overlay(data, at, last[at:at + unit])
            yield 'of %d octets blocks of %d: %s' % (
                len(data), unit, ''.join(map(str, bits))), data

    # What may be left of the names

    def parts(self, until):
        out = []
        for at, event in enumerate(self.events[:until]):
            if event[0] != 'names':
                continue
            for i, (rel, name, what) in enumerate(event[1]):
                pair = None
                if len(event[1]) == 2:
                    pair = len(out) + (1 if i == 0 else -1)
                out.append(Part(at, rel, name, what, pair))
        return out

    def close(self, parts, chosen, journal):
        """All parts that must be there if these are."""
        todo, done = list(chosen), set()
        while todo:
            i = todo.pop()
            if i in done:
                continue
            done.add(i)
            part = parts[i]
            if journal:
                todo += [j for j in range(i) if parts[j].dir == part.dir]
            if part.pair is not None and (journal or part.file is None):
                todo.append(part.pair)
        return frozenset(done)

    def choices(self, parts, until):
        """{frozenset of parts: how}."""
        sync = {rel: self.synced(rel, until) for rel in self.live}
        durable = [i for i, p in enumerate(parts) if p.at < sync[p.dir]]
        out = {}
        for journal, how in ((True, 'journal'), (False, 'loose')):
            base = self.close(parts, durable, journal)
            free = [i for i in range(len(parts)) if i not in base]
            for chosen in self.subsets(free):
                done = self.close(parts, list(base) + list(chosen), journal)
                out.setdefault(done, how)
        return out

    def subsets(self, free):
        if len(free) <= SUBSETS:
            for n in range(len(free) + 1):
                yield from itertools.combinations(free, n)
            return
        for n in range(len(free) + 1):
            yield free[:n]
        for i in free:
            yield [i]
            yield [j for j in free if j != i]
        for _ in range(SAMPLE):
            yield [i for i in free if self.rng.randrange(2)]

    def entries(self, parts, done):
        """{dir: {name: file}} of what can be reached from the root."""
        all_names = {rel: dict(self.first.get(rel, {})) for rel in self.live}
        for i, part in enumerate(parts):
            if i not in done:
                continue
            if part.file is None:
                all_names[part.dir].pop(part.name, None)
            else:
                all_names[part.dir][part.name] = part.file
        out, todo = {}, ['']
        while todo:
            rel = todo.pop()
            out[rel] = all_names[rel]
            todo += [f for f in out[rel].values() if isinstance(f, str)]
        return out

    # Times of directories

    def stamp(self, parts, done, rel):
        """The times that belong to these names, if they are known."""
        has = {i for i in done if parts[i].dir == rel}
        for at, times in reversed(self.bounds):
            want = {i for i, p in enumerate(parts)
                    if p.dir == rel and p.at < at}
            if has == want:
                return times.get(rel)
        return None

    def old_stamp(self, parts, rel, until):
        """The youngest known times that could still be on the disk."""
        sync = self.synced(rel, until)
        durable = [p for p in parts if p.dir == rel and p.at < sync]
        for at, times in reversed(self.bounds):
            if at <= until and all(p.at < at for p in durable):
                return times.get(rel)
        return None

    def times(self, parts, done, names, until):
        """{dir: times}; then ({dir: times}, dirs) with old ones."""
        right = {rel: self.stamp(parts, done, rel)
                 for rel in self.timed if rel in names}
        yield right
        old = {rel: self.old_stamp(parts, rel, until) for rel in right}
        differ = [rel for rel in right if old[rel] != right[rel]]
        for n in range(1, len(differ) + 1):
            for rels in itertools.combinations(differ, n):
                yield ({rel: (old if rel in rels else right)[rel]
                        for rel in right}, ', '.join(rels))

    # The whole

    def states(self, until):
        """Some states after a cut that follows that many events."""
        parts = self.parts(until)
        for done, how in self.choices(parts, until).items():
            names = self.entries(parts, done)
            files = {f for d in names.values() for f in d.values()
                     if not isinstance(f, str)}
            right, *wrong = self.times(parts, done, names, until)
            key = repr((names, right))
            for data, torn in self.data(sorted(files), until):
                yield State(until, self.fill(names, data), right, '',
                            how + torn, (key, tuple(data.items())))
            for stamps, stale in wrong:
                yield State(until, self.fill(names, data), stamps, stale,
                            '%s%s, old times of %s' % (how, torn, stale),
                            (repr((names, stamps)), tuple(data.items())))

    def data(self, files, until):
        """Images of all files that have more than one, the right ones last:
        each alone, and a sample of all together."""
        images = {f: self.images(f, until) for f in files}
        torn = [f for f in files if len(images[f]) > 1]
        right = {f: images[f][-1] for f in files}
        none = {f: images[f][0] for f in files}
        picks = [{**base, f: image} for f in torn for image in images[f]
                 for base in ((right, none) if len(torn) > 1 else (right,))]
        if len(torn) > 1:
            picks += [{f: self.rng.choice(images[f]) for f in files}
                      for _ in range(8)]
        for pick in picks + [right]:
            yield ({f: image[1] for f, image in pick.items()},
                   ''.join('; %d: %s' % (f, pick[f][0]) for f in torn))

    @staticmethod
    def fill(names, data):
        return {rel: {name: (f, data.get(f)) for name, f in d.items()}
                for rel, d in names.items()}

    # Back onto a real disk

    def clear(self):
        for path, _, files in os.walk(self.root):
            for name in files:
                os.unlink(os.path.join(path, name))

    def directories(self, names):
        """Directories keep their inodes: those not there are parked, but for
        those that were removed."""
        for rel in sorted(self.live):
            path = os.path.join(self.root, rel)
            park = os.path.join(self.store, 'd' + rel.replace('/', '%'))
            if rel in names and os.path.isdir(park):
                os.rename(park, path)
            elif rel in names and not os.path.isdir(path):
                os.mkdir(path, 0o700)
        for rel in sorted(self.live, reverse=True):
            path = os.path.join(self.root, rel)
            park = os.path.join(self.store, 'd' + rel.replace('/', '%'))
            if rel not in names and os.path.isdir(path):
                os.rename(path, park)

    def put(self, state):
        """Make root what the state says."""
        self.clear()
        self.directories(state.names)
        made = {}
        for rel, names in state.names.items():
            for name, (number, data) in names.items():
                if isinstance(number, str):
                    continue
                path = os.path.join(self.root, rel, name)
                if number in made:
                    os.link(made[number], path)
                elif number >= 0 and rel != '' and \
                        data == self.start[number]:
                    # No program writes to a message: its inode is kept.
                    os.link(os.path.join(self.store, str(number)), path)
                else:
                    with open(path, 'wb') as f:
                        f.write(data)
                    os.chmod(path, 0o600)
                made[number] = path
