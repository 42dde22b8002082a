#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 120
#
# The OpenBSD port lists what make install installs, and has the form that a
# ports tree wants.  A file is installed whole, and uninstalled again.

status=0
port=$SRC/etc/openbsd-port
plist=$port/pkg/PLIST
dest=$WORK/dest
cd "$SRC" || exit 1

# what, then a command that prints what is wrong
rule() {
	what=$1
	shift
	"$@" >"$WORK/output" 2>&1
	if [ -s "$WORK/output" ]; then
		sed 's/^/# /' "$WORK/output"
		echo "not ok - $what"
		status=1
	else
		echo "ok - $what"
	fi
}

install_it() {
	${MAKE:-make} install PREFIX="$STAGE" DESTDIR="$dest"
}

files() {
	(cd "$dest$STAGE" && find . -type f | sed 's|^\./||' | LC_ALL=C sort)
}

# What PLIST says is there, but what the ports tree itself adds.
listed() {
	sed -n -e 's/^@bin //' -e 's/^@man //' -e '/^@/d' -e '/\/$/d' \
	    -e '/^share\/doc\/pkg-readmes\/${PKGSTEM}$/d' -e p "$plist"
}

differences() {
	listed >"$WORK/listed"
	files | diff "$WORK/listed" - | sed -n -e 's/^</PLIST only:/p' \
	    -e 's/^>/installed only:/p'
}

# A program is a @bin, a manual a @man, and nothing else is.
kinds() {
	for f in $(files); do
		case $f in
		sbin/* | libexec/*)	want="@bin $f" ;;
		man/*)			want="@man $f" ;;
		*)			want=$f ;;
		esac
		grep -qxF "$want" "$plist" || echo "want: $want"
	done
}

# Nobody can read a helper, whoever installs it.
modes() {
	find "$dest$STAGE/libexec" -type f ! -perm 711
	awk '/^@mode/ { mode = $2 } /libexec\/popd\/./ && mode != 711
	    !/libexec\/popd\/./ && !/^@mode/ && mode' "$plist"
}

# Directories that are popd's alone come and go with it.
directories() {
	(cd "$dest$STAGE" && find . -type d -name popd) | sed 's|^\./||' |
	while read -r d; do
		grep -qx "$d/" "$plist" || echo "not listed: $d/"
	done
}

accounts() {
	sed -n 's/^u[[:space:]]*\([^[:space:]]*\)[^"]*"\(.*\)".*/\1 \2/p' \
	    etc/popd.sysusers | sort >"$WORK/sysusers"
	# On Linux syspop is root: see compat/system_confine.c.
	sed -n 's/^@newuser \([^:]*\):[0-9]*:\1:daemon:\([^:]*\):.*/\1 \2/p' \
	    "$plist" | grep -v '^_popsys ' | sort | diff "$WORK/sysusers" -
	sed -n 's/^@newuser \([^:]*:[0-9]*\):.*/\1/p' "$plist" >"$WORK/users"
	sed -n 's/^@newgroup //p' "$plist" | diff "$WORK/users" -
	# Ports have ids from 500 on, and each its own.
	cut -d: -f2 "$WORK/users" | awk '$1 < 500 || $1 > 999 || seen[$1]++'
}

# A sample is made of the file before it.
samples() {
	awk '/^@sample/ && last !~ /^share\/examples/ { print } { last = $0 }' \
	    "$plist"
	[ ! -f etc/popd.conf ] || grep -A 1 '^share/examples/popd/popd.conf$' \
	    "$plist" | grep -qxF '@sample ${SYSCONFDIR}/popd.conf' ||
	    echo "no @sample of popd.conf"
}

form() {
	for v in COMMENT DISTNAME CATEGORIES HOMEPAGE PERMIT_PACKAGE WANTLIB \
	    SITES COMPILER; do
		grep -q "^$v [+]*=	" "$port/Makefile" || echo "no $v"
	done
	sed -n 's/^COMMENT =	*//p' "$port/Makefile" |
	    grep -E '^.{61}|^[A-Z]|\.$'
	grep '^DISTNAME' "$port/Makefile" | grep -v "popd-$(sed -n \
	    's/^#define POPD_VERSION	"\(.*\)"/\1/p' lib/version.h)\$"
	tail -n 1 "$port/Makefile" | grep -v '^.include <bsd.port.mk>$'
	grep -n '[ 	]$' "$port/Makefile" "$port"/pkg/*
	for f in "$port"/pkg/DESCR "$port"/pkg/README; do
		grep -nE '^.{81}' "$f"
	done
	sed 1q "$port/pkg/README" | grep -v '^+-*$'
}

# The script is that of the examples, with the prefix of the ports tree.
script() {
	sed -e '2,3d' -e 's|/usr/local|${TRUEPREFIX}|' etc/popd.rc |
	    diff - "$port/pkg/popd.rc"
}

# What configtest makes of the exit statuses of popd -n.
configtest() {
	printf 'exit $1\n' >"$WORK/popd"
	cat >"$WORK/rc.subr" <<-'END'
	rc_exec() { eval "sh $@"; }
	rc_cmd() { rc_configtest; }
	END
	for want in 0:0 1:1 2:0 139:1; do
		sed -e "s|/etc/rc.d/rc.subr|$WORK/rc.subr|" \
		    -e "s|^daemon=.*|daemon='$WORK/popd ${want%:*}'|" \
		    etc/popd.rc >"$WORK/rc"
		sh "$WORK/rc" configtest
		[ $? -eq "${want#*:}" ] || echo "popd -n exits ${want%:*}: $?"
	done
}

# A helper is started again and again while it is installed over: each time
# it is there and runs, to say that it knows no such flag.
replaced() {
	"$mda" -? >/dev/null 2>&1
	usage=$?
	while [ ! -e "$WORK/stop" ]; do
		"$mda" -? >/dev/null 2>&1
		[ $? -eq $usage ] || echo "not to be run"
	done &
	starter=$!
	for i in 1 2 3 4 5; do
		install_it >"$WORK/install" 2>&1 || cat "$WORK/install"
	done
	touch "$WORK/stop"
	wait $starter
	find "$dest" -name '*.new'
}

paths() {
	${MAKE:-make} install PREFIX="$STAGE" EXAMPLEDIR="$STAGE/share/ex" \
	    SBINDIR="$STAGE/bin" DESTDIR="$WORK/paths" >"$WORK/install" 2>&1 ||
	    cat "$WORK/install"
	# OpenSMTPD's table processes are where they are.
	grep -r /usr/local "$WORK/paths$STAGE/man" |
	    grep -v /usr/local/libexec/smtpd
	grep -q "^ExecStart=$STAGE/bin/popd" \
	    "$WORK/paths$STAGE/share/ex/popd.service" || echo "popd.service"
}

uninstalled() {
	${MAKE:-make} uninstall PREFIX="$STAGE" DESTDIR="$dest" \
	    >"$WORK/install" 2>&1 || cat "$WORK/install"
	find "$dest" -type f -o -name popd
}

mda=$dest$STAGE/libexec/popd/mda
install_it >"$WORK/output" 2>&1 || {
	cat "$WORK/output"
	echo "not ok - make install"
	exit 1
}
rule "PLIST has what is installed, in its order" differences
rule "programs and manuals are marked" kinds
rule "helpers have mode 0711, and nothing else" modes
rule "directories" directories
rule "accounts as in popd.sysusers, each with an id of a port" accounts
rule "samples" samples
rule "the form of a port" form
rule "the rc.d script is that of the examples" script
rule "configtest takes single users for no reason not to start" configtest
rule "a helper can be started while it is replaced" replaced
rule "manuals and examples name the places of this PREFIX" paths
rule "uninstall leaves nothing" uninstalled
exit $status
