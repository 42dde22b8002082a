#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# waits
# timeout: 300
#
# Run unit tests and a delivery under valgrind: no errors, no leaks.

if ! command -v valgrind >/dev/null; then
	echo "skip - valgrind: needs valgrind"
	exit 0
fi
status=0
vg="valgrind -q --error-exitcode=99 --leak-check=full
    --errors-for-leak-kinds=definite"

for name in command line log octets table encode maildir popcache popuidl \
    popcachedamage popcacheappend maildrop dropstamps dropuidl droptwins \
    dropupdate authhash; do
	test=regress/unit/$name.c
	[ -f "$SRC/$test" ] || continue
	objs=$(sed -n -e 's/.*link:\(.*\)/\1/p' -e '/\*\//q' "$SRC/$test" |
	    sed 's/\*\///' | tr '\n' ' ')
	if ! (cd "$SRC" && ${MAKE:-make} unit-test UNIT_SRC="$test" \
	    UNIT_OBJS="$objs" UNIT_OUT="$WORK/$name") >"$WORK/output" 2>&1; then
		cat "$WORK/output"
		echo "not ok - $name compiles"
		status=1
		continue
	fi
	(cd "$WORK" && timeout 120 $vg "./$name") >"$WORK/output" 2>&1
	result=$?
	if [ $result -eq 0 ]; then
		echo "ok - unit/$name under valgrind"
	else
		grep -v '^ok - ' "$WORK/output" | sed 's/^not ok/# failed/' |
		    head -n 50
		echo "not ok - unit/$name under valgrind"
		status=1
	fi
done

# mda without its sandbox, which valgrind does not support.
cat >"$WORK/open.c" <<-'END'
	#include <unistd.h>
	int pledge(const char *promises, const char *execpromises) { return 0; }
	int unveil(const char *path, const char *perms) { return 0; }
END
mkdir "$WORK/mail"
if ! (cd "$SRC" && ${MAKE:-make} unit-test UNIT_SRC="$WORK/open.c" \
    UNIT_OBJS='$(MDA_OBJS)' COMPAT_OBJS='$(COMPAT_ENTROPY)' \
    UNIT_OUT="$WORK/mda") >"$WORK/output" 2>&1; then
	cat "$WORK/output"
	echo "not ok - mda links without its confinement"
	exit 1
fi
# The second delivery appends to an existing index.
for n in 1 2; do
	echo "Subject: $n" | timeout 60 $vg "$WORK/mda" -e a/b "$WORK/mail" \
	    >"$WORK/output" 2>&1
	result=$?
	if [ $result -eq 0 ] && ! [ -s "$WORK/output" ]; then
		echo "ok - mda under valgrind, delivery $n"
	else
		head -n 50 "$WORK/output"
		echo "not ok - mda under valgrind, delivery $n"
		status=1
	fi
	echo QUIT | "$STAGE/libexec/popd/wrkrpop" -s "$WORK/mail/a/b" >/dev/null
done
exit $status
