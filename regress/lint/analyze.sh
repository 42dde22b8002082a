#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 300
#
# Static analysis.

status=0
cd "$SRC" || exit 1
files=$(ls popd/*.c lsnrpop/*.c keypop/*.c authpop/*.c wrkrpop/*.c mda/*.c \
    lib/*.c compat/*.c 2>/dev/null)

if command -v cppcheck >/dev/null; then
	cppcheck -q --std=c11 -j 2 --enable=warning,portability,performance \
	    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	    --suppress=unknownMacro -I lib -I compat/include \
	    '-DLIBEXECDIR="/x"' $files >"$WORK/output" 2>&1
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
	# The flags of the build, with the analyzer in the compiler's place.
	mkdir -p "$WORK/tree"
	tar -cf - Makefile compat/*.mk $files $(find . -name '*.h') |
	    (cd "$WORK/tree" && tar -xf -)
	cat >"$WORK/analyze" <<-'END'
	#!/bin/sh
	for a; do
		case $a in
		-c) clang --analyze --analyzer-output text "$@"; exit ;;
		esac
	done
	END
	chmod 755 "$WORK/analyze"
	(cd "$WORK/tree" && make -k -j 2 CC="$WORK/analyze" HARDEN= all) \
	    >"$WORK/output" 2>&1
	if grep -q 'warning:' "$WORK/output" ||
	    ! grep -q analyze "$WORK/output"; then
		grep -A 8 'warning:' "$WORK/output" | head -n 80
		echo "not ok - the clang analyzer finds nothing"
		status=1
	else
		echo "ok - the clang analyzer finds nothing"
	fi
else
	echo "skip - the clang analyzer finds nothing: needs clang"
fi
exit $status
