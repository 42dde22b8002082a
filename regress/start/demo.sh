#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 180
#
# The demo shows what it promises.

if sh "$SRC/regress/demo" >"$WORK/output" 2>&1 </dev/null; then
	status=0
	for word in TLSv1.3 lsnrpop keypop authpop hashpop wrkrpop; do
		if ! grep -q "$word" "$WORK/output"; then
			echo "# no $word in it"
			status=1
		fi
	done
else
	status=1
fi
if [ $status -eq 0 ]; then
	echo "ok - the demo"
else
	cat "$WORK/output"
	echo "not ok - the demo"
fi
exit $status
