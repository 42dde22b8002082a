# Linux: libbsd's overlay of the system headers, and replacements from this
# directory; each program links only those it uses.

# Where the compiler finds libbsd's headers differs between systems.  If it does
# not find them, it is to say so with the first source.
LIBBSD_CPPFLAGS !=	$(CC) -E -include bsd/stdlib.h -x c /dev/null \
			    2>/dev/null | \
			    sed -n 's|^. 1 "\(.*/bsd\)/stdlib.h".*|-isystem \1|p' | \
			    grep . || echo -include bsd/stdlib.h
COMPAT_CPPFLAGS =	-D_GNU_SOURCE -Icompat/include \
			$(LIBBSD_CPPFLAGS) -DLIBBSD_OVERLAY
COMPAT_LDFLAGS =	-Wl,-z,relro,-z,now -Wl,--as-needed
STATEDIR =		/var/lib

# A static program starts in half the time of a dynamic one, and a worker
# starts with every session.  If static linking is impossible (with a
# sanitizer, or without static libraries): make WORKER_LDFLAGS=-pie
WORKER_LDFLAGS =	-static-pie

COMPAT_CONFINE =	compat/landlock.o compat/pledge.o compat/pledge_calls.o \
			compat/pledge_filter.o compat/unveil.o
COMPAT_LACKS =		compat/confine_lacks.o compat/confine_parent.o \
			compat/refuse_calls.o
COMPAT_GROUP =		compat/interface_group.o
COMPAT_ROOM =		compat/system_room.o
COMPAT_ENTROPY =	compat/getentropy.o
COMPAT_IDS =		compat/issetugid.o
COMPAT_BCMP =		compat/timingsafe_bcmp.o
COMPAT_CRYPT =		compat/crypt_checkpass.o compat/timingsafe_bcmp.o
COMPAT_NEWHASH =	compat/crypt_newhash.o
# For syspop alone, as it needs a library that no other program links.
COMPAT_SYSTEM =		compat/system_auth.o compat/system_confine.o \
			compat/system_modules.o compat/refuse_calls.o
COMPAT_SYSLOG =		compat/sendsyslog.o
COMPAT_TABLE =		compat/minherit.o compat/siphash.o
COMPAT_TCP =		compat/listen_shut.o compat/tcp_notsent_lowat.o \
			compat/tcp_user_timeout.o
COMPAT_TLS =		compat/tls_defaults.o
COMPAT_OBJS =		$(COMPAT_CONFINE) $(COMPAT_LACKS) $(COMPAT_ROOM) \
			$(COMPAT_GROUP) \
			$(COMPAT_CRYPT) $(COMPAT_SYSLOG) $(COMPAT_TABLE) $(COMPAT_TCP) \
			$(COMPAT_TLS) $(COMPAT_ENTROPY) $(COMPAT_IDS) $(COMPAT_NEWHASH)

LIBS_BSD =		-lbsd -lmd
# Not as needed: a sanitizer's crypt_r(3) is only a wrapper.
LIBS_CRYPT =		-Wl,--no-as-needed -lcrypt -Wl,--as-needed
LIBS_CRYPTO =		-lcrypto
LIBS_EVENT =		-levent_core
LIBS_JSON =		-ljansson
LIBS_SHA2 =		-lmd
# pam_unix(8) loads crypt(3) itself, but not if a sanitizer wraps it.
LIBS_SYSTEM =		-lpam $(LIBS_CRYPT)
LIBS_TLS =		-ltls -lssl -lcrypto
