#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 600
#
# The tree builds without warnings with both compilers and both makes.

status=0

try() {
	what=$1 tool=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		echo "skip - $what: needs $tool"
		return
	fi
	rm -rf "$WORK/tree"
	mkdir "$WORK/tree"
	(cd "$SRC" && find . -name '*.o' -prune -o -path ./out -prune -o \
	    -type f -print | xargs tar -cf -) | (cd "$WORK/tree" && tar -xf -)
	(cd "$WORK/tree" && rm -f popd/popd lsnrpop/lsnrpop keypop/keypop \
	    authpop/authpop hashpop/hashpop tabpop/tabpop syspop/syspop \
	    wrkrpop/wrkrpop mda/mda popctl/popctl lmtppop/lmtppop dlvrpop/dlvrpop && "$@") \
	    >"$WORK/output" 2>&1
	if [ $? -eq 0 ] && ! grep -qi 'warning:' "$WORK/output"; then
		echo "ok - $what"
	else
		tail -n 40 "$WORK/output"
		echo "not ok - $what"
		status=1
	fi
}

try "gcc builds without a warning" gcc \
    make -j 2 CC=gcc WERROR=-Werror
try "clang builds without a warning" clang \
    make -j 2 CC=clang WERROR=-Werror
# This one tests the Makefile, not the compiler.
try "BSD make builds, installs below DESTDIR and cleans" bmake \
    sh -c 'bmake -j 2 CFLAGS=-O0 &&
	bmake CFLAGS=-O0 install DESTDIR="$PWD/dest" &&
	test -x dest/usr/local/sbin/popd &&
	test -x dest/usr/local/sbin/popctl &&
	test -x dest/usr/local/libexec/popd/mda &&
	bmake uninstall DESTDIR="$PWD/dest" &&
	! test -e dest/usr/local/sbin/popd &&
	! test -e dest/usr/local/libexec/popd &&
	bmake clean && ! find . -name "*.o" | grep . &&
	! test -e popd/popd && ! test -e popd/parse.c'
try "what bison makes of the grammar compiles as well" bison \
    sh -c 'rm -f popd/parse.c && make WERROR=-Werror YACC="bison -y" popd/parse.o &&
	make WERROR=-Werror CC="${CLANG:-clang}" YACC="bison -y" -W popd/parse.y popd/parse.o'
exit $status
