# OpenBSD has everything but jansson, which is a package.

COMPAT_CPPFLAGS =	-Icompat/openbsd -idirafter /usr/local/include
COMPAT_LDFLAGS =
STATEDIR =		/var/db
WORKER_LDFLAGS =	-static -pie

COMPAT_CONFINE =
COMPAT_LACKS =
COMPAT_GROUP =
COMPAT_ROOM =
COMPAT_ENTROPY =
COMPAT_IDS =
COMPAT_BCMP =
COMPAT_CRYPT =
COMPAT_NEWHASH =
COMPAT_SYSTEM =
COMPAT_SYSLOG =
COMPAT_TABLE =
COMPAT_TCP =
COMPAT_TLS =
COMPAT_OBJS =

LIBS_BSD =
LIBS_CRYPT =
LIBS_CRYPTO =		-lcrypto
LIBS_EVENT =		-levent
LIBS_JSON =		-L/usr/local/lib -ljansson
LIBS_SHA2 =
LIBS_SYSTEM =
LIBS_TLS =		-ltls -lssl -lcrypto
