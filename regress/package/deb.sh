#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 300
#
# The Debian package: built from the tarball of make dist, examined, installed,
# used, upgraded and purged.  It is installed in an overlay over this system's
# own files, which ends with its mount namespace: the system stays as it is.

export DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS="parallel=2 noautodbgsym"
unset MAKEFLAGS MFLAGS
status=0

verdict() {
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		sed 's/^/# /' "$WORK/output"
		echo "not ok - $2"
		status=1
	fi
}

skip() {
	echo "skip - the Debian package: $*"
	exit 0
}

build() {
	mkdir "$WORK/tree"
	(cd "$SRC" && find . \( -name .git -o -name out -o -name shared \) \
	    -prune -o -type f ! -name '*.[ao]' -print | xargs tar -cf -) |
	    (cd "$WORK/tree" && tar -xf -)
	(cd "$WORK/tree" && ${MAKE:-make} clean deb) >"$WORK/output" 2>&1
}

# The same package once more, with a later version.
rebuild() {
	dpkg-deb -R "$deb" "$WORK/later" &&
	    sed -i 's/^Version: .*/&.1/' "$WORK/later/DEBIAN/control" &&
	    dpkg-deb --root-owner-group -b "$WORK/later" "$WORK/later.deb"
}

# Behind unshare(1): everything on this system, but written elsewhere.
overlay() {
	mount --make-rprivate / &&
	    mount -t tmpfs -o mode=755 tmpfs "$ns" &&
	    mkdir "$ns/upper" "$ns/work" "$root" &&
	    mount -t overlay overlay -o \
		"lowerdir=/,upperdir=$ns/upper,workdir=$ns/work" "$root" &&
	    mount -t proc proc "$root/proc" &&
	    mount --rbind /dev "$root/dev" &&
	    mount -t tmpfs tmpfs "$root/run" &&
	    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp" &&
	    cp "$SRC/etc/debian/tests/fetch" "$root/tmp" &&
	    systemctl >"$root/tmp/systemctl" &&
	    echo disabled >"$root/tmp/enabled" &&
	    chroot "$root" sh -c "$new_system"
}

# What stands for systemd: it notes what it is asked to do.
systemctl() {
	cat <<-'END'
	#!/bin/sh
	case $* in
	*is-enabled*)	cat /tmp/enabled ;;
	*is-active*)	grep -q enabled /tmp/enabled ;;
	*)		echo "$*" >>/tmp/asked ;;
	esac
	END
}

# Whether systemd was asked for that, and for nothing else of popd.
asked() {
	grep popd "$root/tmp/asked" >"$WORK/output"
	rm -f "$root/tmp/asked"
	[ "$(cat "$WORK/output")" = "$*" ]
}

# Without what was made for other tests, and without work for nothing.
new_system='
	for u in $(getent passwd | sed -n "s/:.*:\/var\/empty:[^:]*\$//p"); do
		userdel $u || exit
	done
	rm -rf /var/empty /var/lib/man-db/auto-update /var/vmail /etc/mail \
	    /etc/ssl/popd.crt /etc/ssl/private/popd.key /etc/default/popd
	mkdir -p /etc/ssl/private
	rm -f /usr/sbin/policy-rc.d /bin/systemctl
	cp /tmp/systemctl /bin/systemctl && chmod 755 /bin/systemctl
	mkdir -p /run/systemd/system
	dpkg --force-unsafe-io -s dpkg >/dev/null'

# Every file that differs from those of the system below, and the accounts;
# without the journal of dpkg, caches, and what has its mount here.
state() {
	(cd "$ns/upper" && find . \( -path ./var/lib/dpkg -o \
	    -path ./var/log -o -path ./var/cache -o -path ./tmp -o \
	    -path ./run -o -path ./dev -o -path ./proc \) \
	    -prune -o -print | grep -v -e '^./etc/[a-z]*-$' -e .pwd.lock |
	    while read -r f; do [ -d "/$f" ] || echo "$f"; done | sort)
	cat "$root/etc/passwd" "$root/etc/group"
}

in_root() {
	chroot "$root" "$@" >"$WORK/output" 2>&1
}

dpkg_i() {
	cp "$1" "$root/tmp/popd.deb" &&
	    in_root dpkg --force-unsafe-io --force-confold -i /tmp/popd.deb
}

running() {
	grep -lx -e popd -e lsnrpop "$root"/proc/[0-9]*/comm
}

# A popd with the tables and the certificate that tests/fetch has left.
start_popd() {
	port=$((20000 + $$ % 12000))
	echo "joe $(printf 'secret\n' | chroot "$root" popctl encrypt -c 4)" \
	    >"$root/etc/mail/authtab"
	chroot "$root" /usr/sbin/popd -d -l 127.0.0.1 -p $port \
	    >"$root/tmp/log" 2>&1 &
	wait_for "$root/tmp/log" '^popd: started'
}

# file, what is to be found in it
wait_for() {
	n=0
	until grep -q "$2" "$1"; do
		n=$((n + 1))
		[ $n -lt 300 ] || { cat "$1" >"$WORK/output"; return 1; }
		sleep 0.1
	done
}

login() {
	mkfifo "$WORK/input" || return 1
	openssl s_client -quiet -connect 127.0.0.1:$port <"$WORK/input" \
	    >"$WORK/session" 2>/dev/null &
	exec 9>"$WORK/input"
	printf 'USER joe\r\nPASS secret\r\n' >&9
	wait_for "$WORK/session" 'OK maildrop'
}

# The session of before goes on, and somebody else serves.
upgraded() {
	wait_for "$root/tmp/log" '^popd: upgraded: .* serves' &&
	    printf 'STAT\r\nQUIT\r\n' >&9 &&
	    wait_for "$WORK/session" 'OK bye'
}

stop_popd() {
	exec 9>&-
	wait_for "$root/tmp/log" '^popd: stopped' || return 1
	kill $(sed -n 's/^popd: upgraded: popd\[\([0-9]*\)\], .*/\1/p' \
	    "$root/tmp/log") || return 1
	n=0
	while running >/dev/null; do
		n=$((n + 1))
		[ $n -lt 300 ] || return 1
		sleep 0.1
	done
}

# What is there after the first installation, and what is not.
installed() {
	{
		for u in _popd _popkey _popauth _pophash _poplmtp _poplook \
		    _poptab; do
			chroot "$root" getent passwd $u || return 1
		done
		[ "$(stat -c %a:%u "$root/var/empty")" = 755:0 ] || return 1
		! find "$root/usr/libexec/popd" -type f ! -perm 711 | grep . ||
		    return 1
		! running || return 1
		for f in $conffiles; do
			chroot "$root" dpkg-query -W -f '${Conffiles}' popd |
			    grep -q " $f " || { echo "no conffile $f"; return 1; }
		done
		! ls "$root"/etc/systemd/system/*/popd.service
	} >"$WORK/output" 2>&1
}

# The admin's work outlives an upgrade and a purge.
kept() {
	{
		ls -l "$root"/var/vmail/joe/new/* "$root"/var/vmail/joe/cur/* \
		    2>/dev/null | grep . &&
		    ls "$root/etc/mail/authtab" "$root/etc/mail/usertab" \
		    "$root/etc/ssl/popd.crt" "$root/etc/ssl/private/popd.key"
	} >"$WORK/output" 2>&1
}

conffiles="/etc/default/popd /etc/logrotate.d/popd"
[ ! -f "$SRC/etc/popd.conf" ] || conffiles="$conffiles /etc/popd.conf"
start="--quiet --system start popd.service"
ns=$WORK/ns root=$WORK/ns/root
cd "$WORK" || exit 1

if [ "${1:-}" = inside ]; then
	deb=$2
	overlay >"$WORK/output" 2>&1 ||
	    skip "no overlay over this system: $(tail -n 1 "$WORK/output")"
	state >"$WORK/before"

	dpkg_i "$deb"
	verdict $? "is installed"
	grep -q '^Not started yet' "$WORK/output"
	verdict $? "the installation says what to do"
	installed && asked
	verdict $? "accounts and conffiles are there, nothing is started"

	in_root systemd-analyze verify --man=no popd.service
	verdict $? "systemd understands the unit"

	in_root env POPD_TEST_PORT=$((20000 + $$ % 12000)) /tmp/fetch
	verdict $? "serves mail"

	echo '# mine' >>"$root/etc/default/popd"
	dpkg_i "$WORK/later.deb" && grep -q '# mine' "$root/etc/default/popd" &&
	    chroot "$root" dpkg-query -W -f '${Version}\n' popd |
	    grep -q '\.1$' && kept
	verdict $? "an upgrade leaves mail, tables and settings alone"
	asked
	verdict $? "an upgrade starts nothing that did not run"
	! grep -q '^Not started yet' "$WORK/output" && in_root \
	    env POPD_TEST_PORT=$((20000 + $$ % 12000)) /tmp/fetch
	verdict $? "serves mail after the upgrade"

	echo enabled >"$root/tmp/enabled"
	start_popd && login && dpkg_i "$WORK/later.deb" && upgraded &&
	    asked "$start"
	verdict $? "an upgrade ends no session of what runs"
	stop_popd
	verdict $? "the old popd ends with it"

	# One that popctl cannot ask.  What is enabled is to run, anyway.
	dpkg_i "$WORK/later.deb" && asked "$start
kill --signal=USR2 --kill-whom=main popd.service"
	verdict $? "what cannot be asked for an upgrade hears a signal"

	in_root dpkg --force-unsafe-io -r popd && asked stop popd.service
	verdict $? "a removal stops it"
	in_root dpkg --force-unsafe-io -P popd
	verdict $? "is purged"
	kept
	verdict $? "mail, tables and certificates outlive the purge"
	rm -rf "$root/var/vmail" "$root/etc/mail" "$root/etc/ssl/popd.crt" \
	    "$root/etc/ssl/private/popd.key"
	state >"$WORK/after"
	diff "$WORK/before" "$WORK/after" >"$WORK/output" &&
	    ! test -e "$root/var/empty"
	verdict $? "nothing else is left"
	exit $status
fi

[ "$(uname -s)" = Linux ] || skip "needs Linux"
for p in curl dh dpkg-buildpackage lintian openssl setpriv \
    systemd-analyze systemd-sysusers systemd-tmpfiles unshare; do
	command -v $p >/dev/null || skip "needs $p"
done
[ "$(id -u)" -eq 0 ] || skip "needs root"
dpkg-checkbuilddeps "$SRC/etc/debian/control" >"$WORK/output" 2>&1 ||
    skip "$(tail -n 1 "$WORK/output")"

version=$(dpkg-parsechangelog -l "$SRC/etc/debian/changelog" -S Version)
grep -q "POPD_VERSION	\"${version%-*}\"" "$SRC/lib/version.h"
verdict $? "the changelog and lib/version.h have the same version"
build
result=$?
! grep 'warning:' "$WORK/output" | grep -v dpkg-shlibdeps && [ $result -eq 0 ]
verdict $? "builds without a warning"
deb=$(ls "$WORK"/tree/out/deb/popd_*.deb)
[ -f "$deb" ] || exit 1
lintian --fail-on error,warning "$WORK"/tree/out/deb/*.changes \
    >"$WORK/output" 2>&1
verdict $? "lintian finds nothing"
rebuild >"$WORK/output" 2>&1
verdict $? "a later version"

mkdir "$ns"
unshare -m true 2>/dev/null || skip "no mount namespace"
unshare -m -p -f --kill-child "$0" inside "$deb" || status=1
exit $status
