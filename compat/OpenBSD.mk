# OpenBSD has all of it.

COMPAT_CPPFLAGS =	-Icompat/openbsd
COMPAT_LDFLAGS =
WORKER_LDFLAGS =	-static -pie

COMPAT_IMSG =
COMPAT_CONFINE =
COMPAT_LACKS =
COMPAT_IDS =
COMPAT_CRYPT =
COMPAT_TCP =
COMPAT_TLS =
COMPAT_OBJS =
COMPAT_HDRS =		compat/openbsd/confine.h \
			compat/openbsd/tcp_user_timeout.h \
			compat/openbsd/tls_tickets.h

LIBS_BSD =
LIBS_CRYPT =
LIBS_CRYPTO =		-lcrypto
LIBS_EVENT =		-levent
LIBS_SHA2 =
LIBS_TLS =		-ltls -lssl -lcrypto
LIBS_UTIL =		-lutil
