#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
#
# The manual pages exist, are complete and clean.

status=0
cd "$SRC" || exit 1

for page in popd.8 lmtppop.8 dlvrpop.8 lsnrpop.8 keypop.8 authpop.8 hashpop.8 tabpop.8 syspop.8 wrkrpop.8 mda.8 authtab.5 \
    usertab.5 popcache.5 popd.conf.5 popd.log.5 popuidl.5 popctl.8 popd-scale.7 popd-security.7; do
	if [ -f "man/$page" ]; then
		echo "ok - $page exists"
	else
		echo "not ok - $page exists"
		status=1
	fi
done

# Report whether page $1 documents all words $2; $3 are those it lacks.
complete()
{
	if [ -n "$2" ] && [ -z "$3" ]; then
		echo "ok - $1 documents all that the code accepts"
	else
		echo "not ok - $1 documents all that the code accepts: lacks$3"
		status=1
	fi
}

flags=$(sed -n 's/.*getopt(argc, argv, "\([^"]*\)").*/\1/p' popd/settings.c |
    tr -d : | sed 's/./& /g')
lacks=
for flag in $flags; do
	grep -q "^\.It Fl $flag" man/popd.8 || lacks="$lacks -$flag"
done
complete popd.8 "$flags" "$lacks"

words=$(sed -n 's/^	{ "\([^"]*\)",.*/\1/p' popd/parse.y)
lacks=
for word in $words; do
	grep -Eq -e "^\.It.* (Ic|Cm)(.* | )$word( |$)" \
	    -e "^\.(Op )?(Ic|Cm) (.* )?$word( |$)" man/popd.conf.5 ||
	    lacks="$lacks $word"
done
complete popd.conf.5 "$words" "$lacks"

if ! command -v mandoc >/dev/null; then
	echo "skip - mandoc finds nothing: needs mandoc"
	exit $status
fi
for page in man/*.[1-9]; do
	# Ignore references to pages of other systems, and dates.
	mandoc -T lint -W style "$page" 2>&1 | grep -v -e 'Mdocdate' \
	    -e 'referenced manual not found' -e 'operating system' \
	    -e 'RCS id missing' -e 'missing date' -e 'outdated mandoc.db' \
	    >"$WORK/output"
	if [ -s "$WORK/output" ]; then
		cat "$WORK/output"
		echo "not ok - ${page#man/} is clean"
		status=1
	else
		echo "ok - ${page#man/} is clean"
	fi
done
exit $status
