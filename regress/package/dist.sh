#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
#
# make dist: the same octets for one commit whoever makes them, and the same
# files with and without git.  deb.sh builds from such a tarball.

status=0
tarball=popd-$(sed -n 's/^#define POPD_VERSION	"\(.*\)"/\1/p' \
    "$SRC/lib/version.h").tar.gz
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost GIT_COMMITTER_NAME=a \
    GIT_COMMITTER_EMAIL=a@localhost GIT_CONFIG_GLOBAL=/dev/null

verdict() {
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		sed 's/^/# /' "$WORK/output"
		echo "not ok - $2"
		status=1
	fi
}

# make, umask, time zone: the tarball's digest
digest() {
	rm -f "$tarball"
	(umask "$2"; TZ=$3 "$1" dist) >"$WORK/output" 2>&1 || return 1
	cksum <"$tarball" >>"$WORK/output"
	cksum <"$tarball"
}

contents() {
	tar -tzf "$tarball" | grep -v '/$' | sed 's|^popd-[^/]*/||' | sort
}

# The tree without what was built in it.
mkdir "$WORK/tree"
(cd "$SRC" && find . \( -name .git -o -name out -o -name shared \) \
    -prune -o -type f -print | xargs tar -cf -) | (cd "$WORK/tree" && tar -xf -)
cd "$WORK/tree" || exit 1

digest "${MAKE:-make}" 022 UTC >/dev/null
verdict $? "make dist without git"
contents >"$WORK/plain"
${MAKE:-make} clean >/dev/null 2>&1
rm -f "$tarball"
find . -type f | sed 's|^\./||' | sort | diff - "$WORK/plain" >"$WORK/output"
verdict $? "all files, and nothing that was built"

if ! command -v git >/dev/null; then
	echo "skip - make dist with git: needs git"
	exit $status
fi
# Also what .gitignore has not foreseen in a corpus.
git init -q . && git add -f . && git commit -qm tree >"$WORK/output" 2>&1
verdict $? "a repository"
one=$(digest "${MAKE:-make}" 022 UTC)
contents >"$WORK/git"
diff "$WORK/plain" "$WORK/git" >"$WORK/output"
verdict $? "with git the same files"
touch Makefile README
other=$(digest "$(command -v bmake || echo "${MAKE:-make}")" 077 Asia/Tokyo)
[ -n "$one" ] && [ "$one" = "$other" ]
verdict $? "the same octets again"
exit $status
