#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 1500
#
# Each fuzzer for FUZZ_SECONDS (15), two at a time, from FUZZ_SEED (1): a test
# tells what a change did, so it goes the same way each time.  By hand, with
# another seed each time: make fuzz.
#
#	regress/fuzz/run.sh			all of them
#	regress/fuzz/run.sh popcache ...	these

SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
seconds=${FUZZ_SECONDS:-15}
seed=${FUZZ_SEED:-1}
cc=${FUZZ_CC:-clang}
flags="-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined
    -fno-sanitize-recover=all"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
own=
if [ -z "$WORK" ]; then
	WORK=$(mktemp -d /tmp/popd-fuzz.XXXXXXXX) || exit 2
	own=yes
fi
status=0 pids=

# Their maildirs are in memory, where that can be had.
tmp=$(mktemp -d /dev/shm/popd-fuzz.XXXXXXXX 2>/dev/null) ||
    tmp=$(mktemp -d "$WORK/tmp.XXXXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2086
trap 'kill $pids 2>/dev/null; wait; exit 130' HUP INT TERM

cd "$SRC/regress/fuzz" || exit 2
names=$*
if [ -z "$names" ]; then
	for f in *.c; do
		names="$names ${f%.c}"
	done
fi

echo 'int LLVMFuzzerTestOneInput(const char *, unsigned long);
int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return 0; }' \
    >"$WORK/try.c"
# shellcheck disable=SC2086
if ! $cc $flags -o "$WORK/try" "$WORK/try.c" >/dev/null 2>&1 ||
    ! "$WORK/try" -runs=1 >/dev/null 2>&1; then
	for name in $names; do
		echo "skip - fuzz $name: needs clang and its libFuzzer"
	done
	exit 0
fi

# Objects of our own: those of the tree are made in another way.
mkdir -p "$WORK/tree"
(cd "$SRC" && find . \( -name '*.[chy]' -o -name '*.mk' -o -name Makefile \) \
    -print | xargs tar -cf -) | (cd "$WORK/tree" && tar -xf -)

# Compile one; the Makefile knows how.
compile() {
	objs=$(sed -n -e 's/.*link:\(.*\)/\1/p' -e '/\*\//q' "$1.c" |
	    sed 's/\*\///' | tr '\n' ' ')
	(cd "$WORK/tree" && ${MAKE:-make} -j 2 unit-test CC="$cc" \
	    CFLAGS="$(echo $flags)" HARDEN= COMPAT_OBJS= UNIT_OBJS="$objs" \
	    UNIT_SRC="regress/fuzz/$1.c" UNIT_OUT="$WORK/$1.fuzz") \
	    >"$WORK/$1.make" 2>&1
}

# Its own copy of the corpus gets what is found; crashes go beside it.
run() {
	mkdir -p "$WORK/$1.corpus" "$WORK/$1.crash"
	cp corpus/"$1"/* "$WORK/$1.corpus"
	exec env TMPDIR="$tmp" ASAN_OPTIONS=quarantine_size_mb=16 \
	    "$WORK/$1.fuzz" -max_len=4096 -timeout=10 -seed="$seed" \
	    -rss_limit_mb=1024 -max_total_time="$seconds" \
	    -print_final_stats=1 -use_value_profile=1 \
	    -artifact_prefix="$WORK/$1.crash/" "$WORK/$1.corpus"
}

# What became of one: its process, its name.
judge() {
	wait "$1"
	result=$?
	log=$WORK/$2.log
	if [ $result -eq 0 ]; then
		sed -n 's/^stat::number_of_executed_units: */# runs: /p' "$log"
		echo "ok - fuzz $2: nothing is found"
		return
	fi
	grep -v -e '^#[0-9]' -e '^INFO:' "$log" | head -n 60 | sed 's/^/# /'
	for f in "$WORK/$2.crash"/*; do
		[ -f "$f" ] || continue
		echo "# the input, $f:"
		od -An -v -tx1 "$f" | sed 's/^/# /'
	done
	echo "not ok - fuzz $2: nothing is found"
	status=1
}

ready=
for name in $names; do
	if [ ! -f "$name.c" ]; then
		echo "not ok - fuzz $name: there is no such fuzzer"
		status=1
	elif [ "$name" = popuidl ] && [ ! -f "$SRC/mail/popuidl.c" ]; then
		echo "skip - fuzz $name: there is no mail/popuidl.c"
	elif compile "$name"; then
		ready="$ready $name"
	else
		tail -n 40 "$WORK/$name.make"
		echo "not ok - fuzz $name: compiles"
		status=1
	fi
done

# shellcheck disable=SC2086
set -- $ready
while [ $# -gt 0 ]; do
	run "$1" >"$WORK/$1.log" 2>&1 &
	first=$! second=
	if [ $# -gt 1 ]; then
		run "$2" >"$WORK/$2.log" 2>&1 &
		second=$!
	fi
	pids="$first $second"
	judge "$first" "$1"
	shift
	if [ -n "$second" ]; then
		judge "$second" "$1"
		shift
	fi
done
[ -z "$own" ] || [ $status -ne 0 ] || rm -rf "$WORK"
exit $status
