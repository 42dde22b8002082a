#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 300
#
# valgrind over unit tests and over a session: no error, nothing lost.

if ! command -v valgrind >/dev/null; then
	echo "skip - valgrind: needs valgrind"
	exit 0
fi
status=0
vg="valgrind -q --error-exitcode=99 --leak-check=full
    --errors-for-leak-kinds=definite"

for name in command line log octets table encode maildir authhash; do
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
exit $status
