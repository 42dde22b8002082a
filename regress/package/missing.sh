#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# once
#
# regress/packages says what it installs before it does so, and never removes a
# package.  Here apt-get(8) is a script, and root is anybody.

status=0

verdict() {
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		sed 's/^/# /' "$WORK/calls" "$WORK/left" "$WORK/said"
		echo "not ok - $2"
		status=1
	fi
}

mkdir "$WORK/bin"
cat >"$WORK/bin/apt-get" <<'END'
#!/bin/sh
case "$*" in
*' -s '*' valgrind'*)
	exit 100 ;;
*' -s '*)
	for p; do
		case $p in
		opensmtpd)	echo "Remv postfix [3.7]" ;;
		[a-z]*)		echo "Inst $p (1.0 Debian)" ;;
		esac
	done ;;
*' install '*)
	echo "install: $*" >>"$WORK/calls"
	grep -q '^installing' "$WORK/said" || echo "not said" >>"$WORK/calls" ;;
esac
END
printf '#!/bin/sh\nexit 1\n' >"$WORK/bin/dpkg-query"
printf '#!/bin/sh\nexit 0\n' >"$WORK/bin/apt-cache"
printf '#!/bin/sh\necho 0\n' >"$WORK/bin/id"
chmod 755 "$WORK"/bin/*
touch "$WORK/calls" "$WORK/said"
chmod 777 "$WORK" "$WORK/calls" "$WORK/said"

nobody=
[ "$(id -u)" -ne 0 ] || nobody="setpriv --reuid 65534 --clear-groups"
# shellcheck disable=SC2086
POPD_PEERS_CACHE=$WORK POPD_COURIER=$WORK/courier POPD_POSTFIX=$WORK/postfix \
    PATH="$WORK/bin:$PATH" \
    $nobody sh "$SRC/regress/packages" >"$WORK/left" 2>"$WORK/said"

grep -q '^install: .* mandoc' "$WORK/calls" && ! grep -q not "$WORK/calls"
verdict $? "says what it installs, and installs it"
! grep -v -e --no-remove "$WORK/calls"
verdict $? "removes nothing"
! grep -q -e opensmtpd -e valgrind "$WORK/calls" &&
    grep -qx 'opensmtpd would remove postfix' "$WORK/left" &&
    grep -qx 'valgrind cannot be installed' "$WORK/left"
verdict $? "leaves out what would, and what cannot be had"

# Tests of the packages that were left out are skipped with that reason.
mkdir -p "$WORK/tree/regress/a"
cat >"$WORK/tree/Makefile" <<'END'
all install:
END
cat >"$WORK/tree/regress/a/b.sh" <<'END'
#!/bin/sh
echo "skip - mail: needs smtpd"
END
cp "$SRC/regress/run" "$WORK/tree/regress"
chmod 755 "$WORK/tree/regress/a/b.sh"
POPD_LEFT_OUT=$(cat "$WORK/left") sh "$WORK/tree/regress/run" a \
    >"$WORK/said" 2>&1
grep -q 'mail: needs smtpd: opensmtpd would remove postfix$' "$WORK/said"
verdict $? "tests that need it are skipped with the reason"
exit $status
