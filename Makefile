# popd: a privilege-separated POP3 server.  Works with GNU make and BSD make.
#
#	make            build everything
#	make demo       install what is missing, build, show a running server
#	make test       install what is missing, build, run every test
#	make install    into PREFIX, below DESTDIR
#
# No file knows more than it must: each program links its own short list.

PREFIX =	/usr/local
MANDIR =	$(PREFIX)/man
SBINDIR =	$(PREFIX)/sbin
LIBEXECDIR =	$(PREFIX)/libexec/popd
EXAMPLEDIR =	$(PREFIX)/share/examples/popd

CC =		cc
CFLAGS =	-O2 -g
# The warnings of OpenBSD's base system, and some that caught us.
WARNINGS =	-Wall -Wextra -Wpointer-arith -Wuninitialized -Wstrict-prototypes \
		-Wmissing-prototypes -Wsign-compare -Wshadow -Wcast-qual \
		-Wdeclaration-after-statement -Wno-unused-parameter
HARDEN =	-fstack-protector-strong -fPIE
WERROR =
CPPFLAGS =	-Ilib

# What differs between systems: compat/Linux.mk, compat/OpenBSD.mk.
OS !=		uname -s
include compat/$(OS).mk

ALL_CFLAGS =	-std=c11 $(CFLAGS) $(WARNINGS) $(WERROR) $(HARDEN)
ALL_CPPFLAGS =	$(CPPFLAGS) $(COMPAT_CPPFLAGS) \
		-DLIBEXECDIR='"$(LIBEXECDIR)"'
ALL_LDFLAGS =	-pie $(LDFLAGS) $(COMPAT_LDFLAGS)

PROGS =		popd/popd lsnrpop/lsnrpop keypop/keypop authpop/authpop \
		wrkrpop/wrkrpop mda/mda

HDRS =		lib/capa.h lib/chan.h lib/command.h lib/limits.h lib/line.h \
		lib/log.h lib/msg.h lib/octets.h lib/proc.h lib/source.h lib/table.h

# Shared by every process with an event loop.
LOOP_OBJS =	lib/chan.o lib/log.o lib/msg.o lib/proc.o lib/source.o

POPD_OBJS =	popd/popd.o
LSNRPOP_OBJS =	lsnrpop/lsnrpop.o
KEYPOP_OBJS =	keypop/keypop.o
AUTHPOP_OBJS =	authpop/authpop.o
WRKRPOP_OBJS =	wrkrpop/wrkrpop.o
MDA_OBJS =	mda/mda.o

OBJS =		$(POPD_OBJS) $(LSNRPOP_OBJS) $(KEYPOP_OBJS) $(AUTHPOP_OBJS) \
		$(WRKRPOP_OBJS) $(MDA_OBJS) $(LOOP_OBJS)

all: $(PROGS)

.SUFFIXES: .c .o
.c.o:
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(OBJS): $(HDRS)

# What makes and links one unit test, for regress/run.
unit-test: $(UNIT_OBJS) $(COMPAT_OBJS)
	$(CC) $(ALL_CPPFLAGS) -Iregress/unit -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    -o $(UNIT_OUT) $(UNIT_SRC) $(UNIT_OBJS) $(COMPAT_OBJS) $(UNIT_LIBS)

test:
	sh regress/packages
	MAKE='$(MAKE)' sh regress/run

.PHONY: all test unit-test
