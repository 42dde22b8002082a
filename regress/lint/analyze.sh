#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 900
#
# Static analysis.

status=0
cd "$SRC" || exit 1
# What yacc makes of parse.y is not ours.
files=$(ls lmtppop/*.c dlvrpop/*.c popd/*.c lsnrpop/*.c keypop/*.c \
    authpop/*.c hashpop/*.c tabpop/*.c syspop/*.c wrkrpop/*.c mda/*.c \
    popctl/*.c lib/*.c mail/*.c compat/*.c | grep -v popd/parse)

if command -v cppcheck >/dev/null; then
	# It needs the definitions of the queue macros, but no more of libbsd.
	mkdir -p "$WORK/include/sys"
	bsd=$(echo '#include <bsd/sys/queue.h>' | cc -E - 2>/dev/null |
	    sed -n 's|^# 1 "\(.*/bsd/sys\)/queue.h".*|\1|p')
	[ -z "$bsd" ] || cp "$bsd/queue.h" "$bsd/tree.h" "$WORK/include/sys"
	cppcheck -q --std=c11 -j 2 --enable=warning,portability,performance \
	    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	    -I lib -I mail -I compat/include -I "$WORK/include" \
	    '-DLIBEXECDIR="/x"' -DPROTOCOL=1U -D__x86_64__=1 $files >"$WORK/output" 2>&1
	if [ $? -eq 0 ]; then
		echo "ok - cppcheck finds nothing"
	else
		head -n 60 "$WORK/output"
		echo "not ok - cppcheck finds nothing"
		status=1
	fi
else
	echo "skip - cppcheck finds nothing: needs cppcheck"
fi

if command -v clang >/dev/null; then
	# The flags of the build, with the analyzer as compiler.  By default it
	# gives up on a few functions at 225000 nodes, which take three quarters
	# of its time; a third of that finds as much in this tree.
	mkdir -p "$WORK/tree" "$WORK/opaque/sys"
	tar -cf - Makefile compat/*.mk popd/parse.y $files $(find . -name '*.h') |
	    (cd "$WORK/tree" && tar -xf -)
	cat >"$WORK/analyze" <<-'END'
	#!/bin/sh
	for a; do
		case $a in
		-c)	clang --analyze --analyzer-output text -Xclang \
			    -analyzer-config -Xclang max-nodes=75000 "$@"
			exit ;;
		-E)	exec clang "$@" ;;
		esac
	done
	END
	# The system's tree functions are not analyzed.
	cat >"$WORK/opaque/sys/tree.h" <<-'END'
	#include_next <sys/tree.h>
	#undef RB_GENERATE
	#define RB_GENERATE(name, type, field, cmp) \
		RB_PROTOTYPE(name, type, field, cmp) \
		int	 name##_ORDER(struct type *, struct type *); \
		int name##_ORDER(struct type *a, struct type *b) \
		{ return (cmp(a, b)); }
	END
	chmod 755 "$WORK/analyze"
	(cd "$WORK/tree" && make -k -j 2 CC="$WORK/analyze" HARDEN= \
	    CPPFLAGS="-iquote lib -iquote mail -isystem $WORK/opaque" all) \
	    >"$WORK/output" 2>&1
	# Ignore what yacc stores in its own state.
	grep 'warning:' "$WORK/output" |
	    grep -v "^popd/parse.c:.*Value stored to 'yy" >"$WORK/found"
	if [ -s "$WORK/found" ] || ! grep -q analyze "$WORK/output"; then
		cat "$WORK/found"
		tail -n 40 "$WORK/output" | cut -c 1-160
		echo "not ok - the clang analyzer finds nothing"
		status=1
	else
		echo "ok - the clang analyzer finds nothing"
	fi
else
	echo "skip - the clang analyzer finds nothing: needs clang"
fi
exit $status
