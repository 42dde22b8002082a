#!/bin/sh
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 180
#
# The demo shows what it promises, whatever popd and popd.conf the system has.

status=0

verdict() {
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		cat "$WORK/output"
		echo "not ok - $2"
		status=1
	fi
}

demo() {
	sh "$SRC/regress/demo" >"$WORK/output" 2>&1 </dev/null || return 1
	for word in TLSv1.3 lsnrpop keypop authpop hashpop wrkrpop; do
		if ! grep -q "$word" "$WORK/output"; then
			echo "no $word in it" >>"$WORK/output"
			return 1
		fi
	done
}

# In a mount namespace: a popd with files at the default places.
other_popd() {
	mount --make-rprivate / && mkdir "$WORK/etc" &&
	    cp -a /etc/. "$WORK/etc" && mount --bind "$WORK/etc" /etc &&
	    mount -t tmpfs -o mode=755 tmpfs "$(readlink -f /var/run)" &&
	    mkdir -p /etc/mail /etc/ssl/private || return 1
	cat >/etc/popd.conf <<-'END'
	table users file:/etc/mail/authtab
	table homes file:/etc/mail/usertab
	credentials <users>
	userbase <homes> subdirectory "Maildir"
	END
	: >/etc/mail/authtab
	: >/etc/mail/usertab
	openssl req -x509 -nodes -newkey ec -pkeyopt \
	    ec_paramgen_curve:P-256 -days 2 -subj /CN=localhost -keyout \
	    /etc/ssl/private/popd.key -out /etc/ssl/popd.crt 2>/dev/null
	chmod 600 /etc/ssl/private/popd.key
	"$STAGE/sbin/popd" -d -l 127.0.0.1 -p $((12000 + $$ % 8000)) \
	    >"$WORK/output" 2>&1 &
	other=$!
	n=0
	until grep -q '^popd: started' "$WORK/output"; do
		n=$((n + 1))
		[ $n -lt 300 ] && kill -0 $other || return 1
		sleep 0.1
	done
}

if [ "${1:-}" = inside ]; then
	other_popd
	verdict $? "another popd, which has /etc/popd.conf and the socket"
	demo
	verdict $? "the demo beside it"
	"$STAGE/sbin/popctl" status >"$WORK/output" 2>&1
	verdict $? "which still answers"
	kill "$other"
	wait "$other"
	exit $status
fi

demo
verdict $? "the demo"
if [ "$(id -u)" -ne 0 ] || ! id _popd >/dev/null 2>&1 ||
    ! unshare -m true 2>/dev/null; then
	echo "skip - beside another popd: needs root, accounts, namespaces"
	exit $status
fi
unshare -m "$0" inside || status=1
exit $status
