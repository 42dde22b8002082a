# popd: a privilege-separated POP3 server.  Works with GNU make and BSD make.
#
#	make            build everything
#	make demo       install missing packages, build, show a running server
#	make test       install missing packages, build, run all tests
#	make fuzz       fuzz all parsers, each for SECONDS=n (300)
#	make bench      compare with Dovecot (bench-quick: in five minutes)
#	make drawings   draw the results of make bench
#	make install    into PREFIX, below DESTDIR
#	make dist       popd-VERSION.tar.gz
#	make deb        a Debian package, in out/deb
#
# Each program links only the objects in its own list.

VERSION !=	awk '$$2 == "POPD_VERSION" { gsub(/"/, "", $$3); print $$3 }' \
		    lib/version.h

PREFIX =	/usr/local
MANDIR =	$(PREFIX)/man
SBINDIR =	$(PREFIX)/sbin
LIBEXECDIR =	$(PREFIX)/libexec/popd
EXAMPLEDIR =	$(PREFIX)/share/examples/popd

CC =		cc
# Of the base system; on Linux byacc or bison.
YACC =		yacc
CFLAGS =	-O2 -g
# The warnings of OpenBSD's base system, and more that have found bugs.
WARNINGS =	-Wall -Wextra -Wpointer-arith -Wuninitialized -Wstrict-prototypes \
		-Wmissing-prototypes -Wsign-compare -Wshadow -Wcast-qual \
		-Wdeclaration-after-statement -Wno-unused-parameter
HARDEN =	-fstack-protector-strong -fPIE
WERROR =
# -iquote, so that <limits.h> never finds lib/limits.h.
CPPFLAGS =	-iquote lib -iquote mail

# Differences between systems: compat/Linux.mk, compat/OpenBSD.mk.
OS !=		uname -s
include compat/$(OS).mk

# The version of the protocol between the processes: a checksum of what the
# compiler sees of it in headers of ours, so that no number needs to be
# maintained.
PROTOCOL !=	$(CC) -E $(CPPFLAGS) $(COMPAT_CPPFLAGS) -include lib/msg.h \
		    -include lib/keymsg.h -include lib/dlvr.h \
		    -include lib/imsg_private.h -x c /dev/null 2>/dev/null | \
		    awk '/^. [0-9]+ "/ { ours = $$3 ~ /^"(.\/)?lib\//; next } ours' | \
		    tr -s ' \t\n' ' ' | cksum | cut -d ' ' -f 1

ALL_CFLAGS =	-std=c11 $(CFLAGS) $(WARNINGS) $(WERROR) $(HARDEN)
ALL_CPPFLAGS =	$(CPPFLAGS) $(COMPAT_CPPFLAGS) \
		-DLIBEXECDIR='"$(LIBEXECDIR)"' \
		-DSTATEDIR='"$(STATEDIR)"' -DPROTOCOL=$(PROTOCOL)U
ALL_LDFLAGS =	-pie $(LDFLAGS) $(COMPAT_LDFLAGS)
WORKER_ALL_LDFLAGS = $(WORKER_LDFLAGS) $(LDFLAGS) $(COMPAT_LDFLAGS)

PROGS =		popd/popd lsnrpop/lsnrpop keypop/keypop authpop/authpop \
		hashpop/hashpop tabpop/tabpop wrkrpop/wrkrpop mda/mda \
		popctl/popctl lmtppop/lmtppop dlvrpop/dlvrpop syspop/syspop

# All headers.  A change to one rebuilds all objects, which takes seconds; a
# list of dependencies kept by hand would be incomplete.
HDRS !=		ls */*.h compat/*/*.h compat/*/*/*.h

# The sources in each program's directory; popd/parse.c is generated.
POPD_OWN !=	ls popd/*.c | grep -v '^popd/parse\.c$$' | sed 's/c$$/o/'
LSNRPOP_OWN !=	ls lsnrpop/*.c | sed 's/c$$/o/'
KEYPOP_OWN !=	ls keypop/*.c | sed 's/c$$/o/'
AUTHPOP_OWN !=	ls authpop/*.c | sed 's/c$$/o/'
HASHPOP_OWN !=	ls hashpop/*.c | sed 's/c$$/o/'
TABPOP_OWN !=	ls tabpop/*.c | sed 's/c$$/o/'
WRKRPOP_OWN !=	ls wrkrpop/*.c | sed 's/c$$/o/'
MDA_OWN !=	ls mda/*.c | sed 's/c$$/o/'
LMTPPOP_OWN !=	ls lmtppop/*.c | sed 's/c$$/o/'
DLVRPOP_OWN !=	ls dlvrpop/*.c | sed 's/c$$/o/'
SYSPOP_OWN !=	ls syspop/*.c | sed 's/c$$/o/'
POPCTL_OWN !=	ls popctl/*.c | sed 's/c$$/o/'

# Access to maildirs.  A delivery only appends to the index, and sessions do
# not use what is for popctl(8) alone.
MAIL_OBJS !=	ls mail/*.c | grep -v inspect | sed 's/c$$/o/'
INSPECT_OBJS =	mail/inspect.o
INDEX_OBJS =	mail/maildir.o mail/octets.o mail/popcache.o \
		mail/name.o mail/popcache_header.o mail/popcache_write.o \
		mail/whole.o

# Messages between processes.
IMSG_OBJS =	lib/imsg.o lib/imsg_read.o

TABLE_OBJS =	lib/table.o lib/table_read.o

# Shared by every process with an event loop.
LOOP_OBJS =	$(IMSG_OBJS) lib/bucket.o lib/chan.o lib/confset.o lib/count.o \
		lib/ids.o lib/lastword.o lib/log.o lib/msg.o lib/proc.o lib/setting.o \
		lib/source.o lib/version.o

POPD_OBJS =	$(POPD_OWN) popd/parse.o $(TABLE_OBJS) lib/mboxlock.o lib/route.o \
		lib/subdir.o
LSNRPOP_OBJS =	$(LSNRPOP_OWN) $(TABLE_OBJS) lib/asntime.o lib/base64.o \
		lib/bond.o lib/capa.o lib/command.o lib/digestinfo.o \
		lib/keyname.o lib/line.o lib/nets.o
KEYPOP_OBJS =	$(KEYPOP_OWN) lib/asntime.o lib/digestinfo.o lib/keyname.o
AUTHPOP_OBJS =	$(AUTHPOP_OWN) lib/hmac.o lib/nets.o lib/table.o
HASHPOP_OBJS =	$(HASHPOP_OWN) $(TABLE_OBJS) lib/bond.o \
		lib/hmac.o lib/secret.o
TABPOP_OBJS =	$(TABPOP_OWN) lib/route.o lib/table.o lib/utf8.o
WRKRPOP_OBJS =	$(WRKRPOP_OWN) $(MAIL_OBJS) $(IMSG_OBJS) lib/capa.o \
		lib/command.o lib/line.o lib/log.o lib/mboxlock.o lib/msg.o \
		lib/setting.o lib/source.o lib/version.o
MDA_OBJS =	$(MDA_OWN) $(INDEX_OBJS) lib/log.o lib/subdir.o
LMTPPOP_OBJS =	$(LMTPPOP_OWN) lib/utf8.o
DLVRPOP_OBJS =	$(DLVRPOP_OWN) mda/deliver.o mda/home.o \
		$(INDEX_OBJS) $(IMSG_OBJS) lib/log.o lib/msg.o lib/version.o
SYSPOP_OBJS =	$(SYSPOP_OWN) $(IMSG_OBJS) lib/msg.o lib/version.o
# popctl(8) uses popd's parser for popd.conf(5).
PARSE_OBJS =	popd/config.o popd/file.o popd/gone.o popd/lex.o popd/parse.o \
		popd/rule.o lib/mboxlock.o lib/setting.o lib/subdir.o
POPCTL_OBJS =	$(POPCTL_OWN) $(PARSE_OBJS) $(MAIL_OBJS) $(INSPECT_OBJS) \
		$(TABLE_OBJS) $(IMSG_OBJS) lib/command.o lib/count.o lib/ids.o \
		lib/log.o lib/msg.o lib/secret.o \
		lib/source.o lib/version.o

OBJS =		$(POPD_OBJS) $(LSNRPOP_OBJS) $(KEYPOP_OBJS) $(AUTHPOP_OBJS) \
		$(HASHPOP_OBJS) $(TABPOP_OBJS) $(WRKRPOP_OBJS) $(MDA_OBJS) \
		$(POPCTL_OBJS) $(LOOP_OBJS) $(LMTPPOP_OBJS) $(DLVRPOP_OBJS) $(SYSPOP_OBJS)

all: $(PROGS)

.SUFFIXES: .c .o
.c.o:
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(OBJS) $(COMPAT_OBJS) $(COMPAT_SYSTEM): $(HDRS)

popd/parse.c: popd/parse.y
	$(YACC) -o $@ popd/parse.y
popd/parse.o: popd/parse.c
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ popd/parse.c

# Each program: its objects, shared objects, replacements for what the system
# lacks, and libraries.  The parent and the workers must never link a TLS or
# crypto library.
POPD_ALL =	$(POPD_OBJS) $(LOOP_OBJS) $(COMPAT_BCMP) $(COMPAT_CONFINE) \
		$(COMPAT_LACKS) \
		$(COMPAT_GROUP) $(COMPAT_ROOM) $(COMPAT_SYSLOG) $(COMPAT_TABLE) \
		$(COMPAT_TCP)
LSNRPOP_ALL =	$(LSNRPOP_OBJS) $(LOOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_TABLE) \
		$(COMPAT_TLS)
KEYPOP_ALL =	$(KEYPOP_OBJS) $(LOOP_OBJS) $(COMPAT_CONFINE)
AUTHPOP_ALL =	$(AUTHPOP_OBJS) $(LOOP_OBJS) $(COMPAT_BCMP) $(COMPAT_CONFINE) \
		$(COMPAT_TABLE)
HASHPOP_ALL =	$(HASHPOP_OBJS) $(LOOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_CRYPT) \
		$(COMPAT_TABLE)
TABPOP_ALL =	$(TABPOP_OBJS) $(LOOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_TABLE)
WRKRPOP_ALL =	$(WRKRPOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY) \
		$(COMPAT_IDS)
MDA_ALL =	$(MDA_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY)
LMTPPOP_ALL =	$(LMTPPOP_OBJS) $(LOOP_OBJS) $(COMPAT_CONFINE)
DLVRPOP_ALL =	$(DLVRPOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY) \
		$(COMPAT_IDS)
SYSPOP_ALL =	$(SYSPOP_OBJS) $(COMPAT_CONFINE) $(COMPAT_SYSTEM)
POPCTL_ALL =	$(POPCTL_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY) \
		$(COMPAT_NEWHASH) $(COMPAT_CRYPT) $(COMPAT_TABLE)

popd/popd: $(POPD_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(POPD_ALL) \
	    $(LIBS_EVENT) $(LIBS_BSD)
lsnrpop/lsnrpop: $(LSNRPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(LSNRPOP_ALL) \
	    $(LIBS_TLS) $(LIBS_SHA2) $(LIBS_EVENT) $(LIBS_BSD)
keypop/keypop: $(KEYPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(KEYPOP_ALL) \
	    $(LIBS_CRYPTO) $(LIBS_EVENT) $(LIBS_BSD)
authpop/authpop: $(AUTHPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(AUTHPOP_ALL) \
	    $(LIBS_SHA2) $(LIBS_EVENT) $(LIBS_BSD)
hashpop/hashpop: $(HASHPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(HASHPOP_ALL) \
	    $(LIBS_CRYPT) $(LIBS_SHA2) $(LIBS_EVENT) $(LIBS_BSD)
tabpop/tabpop: $(TABPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(TABPOP_ALL) \
	    $(LIBS_EVENT) $(LIBS_BSD)
wrkrpop/wrkrpop: $(WRKRPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(WORKER_ALL_LDFLAGS) -o $@ \
	    $(WRKRPOP_ALL) $(LIBS_SHA2) $(LIBS_BSD)
mda/mda: $(MDA_ALL)
	$(CC) $(ALL_CFLAGS) $(WORKER_ALL_LDFLAGS) -o $@ \
	    $(MDA_ALL) $(LIBS_SHA2) $(LIBS_BSD)
lmtppop/lmtppop: $(LMTPPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(LMTPPOP_ALL) \
	    $(LIBS_EVENT) $(LIBS_BSD)
dlvrpop/dlvrpop: $(DLVRPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(WORKER_ALL_LDFLAGS) -o $@ \
	    $(DLVRPOP_ALL) $(LIBS_SHA2) $(LIBS_BSD)
syspop/syspop: $(SYSPOP_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(SYSPOP_ALL) \
	    $(LIBS_SYSTEM) $(LIBS_BSD)
popctl/popctl: $(POPCTL_ALL)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(POPCTL_ALL) \
	    $(LIBS_CRYPT) $(LIBS_JSON) $(LIBS_SHA2) $(LIBS_BSD)

# Programs for the administrator, and those that popd and smtpd start.
SBIN_PROGS =	popd/popd popctl/popctl
HELPERS =	lsnrpop/lsnrpop keypop/keypop authpop/authpop \
		hashpop/hashpop tabpop/tabpop wrkrpop/wrkrpop mda/mda \
		lmtppop/lmtppop dlvrpop/dlvrpop syspop/syspop

# Manuals and examples have the paths of this PREFIX.
PLACES =	sed -e 's|/usr/local/sbin|$(SBINDIR)|g' \
		    -e 's|/usr/local/libexec/popd|$(LIBEXECDIR)|g' \
		    -e 's|/usr/local/share/examples/popd|$(EXAMPLEDIR)|g'

# The helpers' path is compiled in.  Files are installed with rename(2), as a
# running popd may execute one at any time.  Nobody can read a helper, so that
# Linux lets nobody trace it from execve(2) on.
install: all
	@grep -qF '$(LIBEXECDIR)' popd/popd || { echo \
	    "popd was built for another PREFIX: make clean first" >&2; exit 1; }
	@umask 022; \
	into() { \
		dir="$(DESTDIR)$$1"; \
		test -d "$$dir" || install -d -m 755 "$$dir" || exit 1; \
	}; \
	put() { \
		file="$$dir/$${2##*/}"; \
		echo "$$file"; \
		rm -f "$$file.new" && \
		case $$2 in \
		man/* | etc/*) $(PLACES) <"$$2" ;; \
		*) cat "$$2" ;; \
		esac >"$$file.new" && chmod $$1 "$$file.new" && \
		mv -f "$$file.new" "$$file" || exit 1; \
	}; \
	into '$(LIBEXECDIR)'; for p in $(HELPERS); do put 711 "$$p"; done; \
	into '$(SBINDIR)'; for p in $(SBIN_PROGS); do put 755 "$$p"; done; \
	for m in man/*.[1-9]; do \
		into '$(MANDIR)/man'"$${m##*.}"; put 644 "$$m"; \
	done; \
	into '$(EXAMPLEDIR)'; \
	for f in etc/*; do test ! -f "$$f" || put 644 "$$f"; done

uninstall:
	for p in $(SBIN_PROGS); do \
	    rm -f '$(DESTDIR)$(SBINDIR)'/"$${p##*/}"; done
	for p in $(HELPERS); do \
	    rm -f '$(DESTDIR)$(LIBEXECDIR)'/"$${p##*/}"; done
	for m in man/*.[1-9]; do \
	    rm -f '$(DESTDIR)$(MANDIR)/man'"$${m##*.}/$${m##*/}"; done
	for f in etc/*; do rm -f '$(DESTDIR)$(EXAMPLEDIR)'/"$${f##*/}"; done
	for d in '$(LIBEXECDIR)' '$(EXAMPLEDIR)'; do \
	    test ! -d "$(DESTDIR)$$d" || rmdir "$(DESTDIR)$$d" || :; done

# A release: the files of the last commit, reproducible; without git, those of
# this tree.
DIST =		popd-$(VERSION)
dist:
	rm -rf out/dist && mkdir -p out/dist/$(DIST)
	if test -e .git; then \
		git diff --quiet HEAD; test $$? -ne 1 || \
		    echo "dist: uncommitted changes are left out" >&2; \
		git archive --prefix=$(DIST)/ -o out/dist/$(DIST).tar HEAD; \
	else \
		printf './%s\n' $(PROGS) popd/parse.c >out/dist/made && \
		find . \( -name .git -o -name out -o -name __pycache__ \) \
		    -prune -o -type f ! -name '*.[ao]' ! -name 'popd-*.tar.gz' \
		    -print | grep -vxFf out/dist/made | \
		    LC_ALL=C sort >out/dist/files && \
		xargs tar -cf - <out/dist/files | \
		    (cd out/dist/$(DIST) && tar -xpf -) && \
		(cd out/dist && sed 's|^\.|$(DIST)|' files | \
		    xargs tar -cf $(DIST).tar); \
	fi
	gzip -9n <out/dist/$(DIST).tar >$(DIST).tar.gz
	rm -rf out/dist

# A Debian source package and the binary package, in out/deb.
DEBFLAGS =	-us -uc
deb:
	sh regress/packages deb
	$(MAKE) dist
	rm -rf out/deb && mkdir -p out/deb
	cp $(DIST).tar.gz out/deb/popd_$(VERSION).orig.tar.gz
	cd out/deb && tar -xzf popd_$(VERSION).orig.tar.gz && \
	    cp -R $(DIST)/etc/debian $(DIST)/debian
	cd out/deb/$(DIST) && MAKEFLAGS= dpkg-buildpackage $(DEBFLAGS)

clean:
	rm -f $(PROGS) $(OBJS) $(COMPAT_OBJS) $(COMPAT_SYSTEM) popd/parse.c

# Build one unit test, for regress/run.
UNIT_LIBS =	$(LIBS_JSON) $(LIBS_TLS) $(LIBS_EVENT) $(LIBS_CRYPT) $(LIBS_SHA2) \
		$(LIBS_BSD)
unit-test: $(UNIT_OBJS) $(COMPAT_OBJS)
	$(CC) $(ALL_CPPFLAGS) -iquote regress/unit -iquote . \
	    $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    -o $(UNIT_OUT) $(UNIT_SRC) \
	    `printf '%s\n' $(UNIT_OBJS) $(COMPAT_OBJS) | sort -u` $(UNIT_LIBS)

demo:
	MAKE='$(MAKE)' sh regress/demo

test:
	POPD_LEFT_OUT="$$(sh regress/packages)" MAKE='$(MAKE)' sh regress/run

# Needs clang with sanitizers and libFuzzer; regress/fuzz/run.sh NAME runs one.
SECONDS =	300
fuzz:
	FUZZ_SECONDS='$(SECONDS)' FUZZ_SEED=0 MAKE='$(MAKE)' sh regress/fuzz/run.sh

# Comparison with Dovecot; Linux only, see bench/README.
bench:
	python3 bench/run

bench-quick:
	python3 bench/run -q

drawings:
	python3 bench/draw

.PHONY: all bench bench-quick clean deb demo dist drawings fuzz install test \
	uninstall unit-test
