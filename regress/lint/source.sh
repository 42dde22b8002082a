#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
#
# What a compiler does not look at: the rules of the source itself.

status=0
cd "$SRC" || exit 1
main="popd lmtppop dlvrpop lsnrpop keypop authpop tabpop syspop wrkrpop mda mail lib"
[ ! -d popctl ] || main="$main popctl"

# what, then a command that prints what is wrong
rule() {
	what=$1
	shift
	if "$@" >"$WORK/output" 2>&1 && [ -s "$WORK/output" ]; then
		head -n 30 "$WORK/output"
		echo "not ok - $what"
		status=1
	else
		echo "ok - $what"
	fi
}

# But for what yacc makes of a grammar.
sources() {
	find ${*:-$main compat regress} -name '*.[chy]' ! -name parse.c
}

no_ifdef() {
	grep -nE '^#[ 	]*(if|ifdef|ifndef|elif).*(__linux__|__OpenBSD__|__FreeBSD__|__APPLE__|__GLIBC__)' \
	    $(sources $main)
}

linux_only() {
	grep -nwE 'accept4|epoll_[a-z]+|memfd_create|O_PATH|getrandom|renameat2|copy_file_range|signalfd|timerfd_[a-z]+|prctl|seccomp|landlock_[a-z_]+' \
	    $(sources $main) | grep -v '^[^:]*:[0-9]*:[ 	]*[/ ]\*'
}

no_licence() {
	for f in $(sources); do
		sed 12q "$f" | grep -q 'ISC licence: see the file LICENSE' ||
		    echo "$f"
	done
}

blanks() {
	grep -nE '[ 	]+$' $(sources) Makefile $(find regress -name '*.sh' -o \
	    -name '*.py' -o -path 'regress/run')
}

wide() {
	for f in $(sources); do
		expand "$f" | awk -v f="$f" 'length > 80 { print f ":" NR }'
	done
}

todo() {
	grep -InwE 'TODO|FIXME|XXX|HACK' $(find $main compat etc man \
	    -type f ! -name '*.o')
}

long_files() {
	for f in $(sources); do
		awk -v f="$f" 'END { if (NR > 700) print f ": " NR " lines" }' \
		    "$f"
	done
}

# Between its braces, which style(9) has alone at the start of a line.
long_functions() {
	awk 'FNR == 1 { from = 0 }
	/^\{$/ { from = FNR }
	/^\}/ && from {
		if (FNR - from - 1 > 50)
			print FILENAME ":" from ": " FNR - from - 1 " lines"
		from = 0
	}' $(sources)
}

# Two that begin in one function; main() may name what it calls.
many_cases() {
	awk '/^[a-z_0-9]+\(/ { name = $0 }
	/^\}/ { cases = 0 }
	/^\t+(unit_case\(|(again|begin|start|open_one|inquire|asks)\(")/ &&
	    name !~ /^main\(/ && cases++ {
		print FILENAME ":" FNR ": another case"
	}' $(sources regress/unit)
}

unsafe() {
	grep -nwE 'strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|system|popen|tmpnam|mktemp|alloca|rand|random|srand' \
	    $(sources $main compat) |
	    grep -v '^[^:]*:[0-9]*:[ 	]*[/ ]\*' |
	    grep -E '(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|system|popen|tmpnam|mktemp|alloca|rand|random|srand)\('
}

# style(9): return (x);
bare_return() {
	grep -nE '\<return [^(;]' $(sources $main compat regress) |
	    grep -v '^[^:]*:[0-9]*:[ 	]*[/ ]\*'
}

# The third parameter of libevent's handlers apart, these have one name each.
handler_names() {
	grep -nE '\(int [a-z]+, short [a-z]+, void|const void \*[a-z]+, int fd\)' \
	    $(sources $main) |
	    grep -vE 'short what, void|const void \*data, int fd\)'
}

# A limit that nothing has any more is a promise that nothing keeps.
unused_limits() {
	sed -n 's/^#define \([A-Z][A-Z0-9_]*\)[^A-Z0-9_H].*/\1/p' lib/*limits.h |
	while read -r limit; do
		grep -qw "$limit" $(sources $main compat) \
		    $(find $main -name '*.h' ! -name '*limits.h') ||
		    echo "$limit"
	done
}

# A system's own imsg.h may be there; ours is meant.
foreign_imsg() {
	grep -n '#include <imsg.h>' $(sources)
}

# Who can touch mail is who links mail/.
mail_reached() {
	(cd mail && ls *.h) | while read -r h; do
		grep -n "#include \"$h\"" popd/*.[ch] lsnrpop/*.[ch] \
		    keypop/*.[ch] authpop/*.[ch] tabpop/*.[ch] syspop/*.[ch] lib/*.[ch] lmtppop/*.[ch]
	done
}

rule "no #ifdef of a system in the main directories" no_ifdef
rule "no call that only Linux has in the main directories" linux_only
rule "every source file has its licence" no_licence
rule "no blanks at the ends of lines" blanks
rule "80 columns" wide
rule "nothing is left to be done" todo
rule "no file is longer than 700 lines" long_files
rule "no function is longer than 50 lines" long_functions
rule "a function of a unit test has one case" many_cases
rule "no function that invites overruns" unsafe
rule "what is returned is in parentheses" bare_return
rule "parameters of handlers have the same names everywhere" handler_names
rule "every limit is one that something has" unused_limits
rule "nobody takes the system's imsg.h for ours" foreign_imsg
rule "only wrkrpop, mda, dlvrpop and popctl reach mail/" mail_reached
exit $status
