# Build, install and test pg_tend.
#
#   make            build for the PostgreSQL of PG_CONFIG
#   make install    install into it
#   make demo       show it at work on a private cluster, KEEP=1 leaves it up
#   make bpf        build the optional helper that times disk syncs
#   make install-bpf
#   make grafana    write the dashboards in grafana/ from their sources
#   make check      build and test on private clusters, MAJORS="15 17 18"
#   make check-packages		build, install and purge Debian's packages, the same

EXTENSION = pg_tend
MODULE_big = pg_tend
PGFILEDESC = "pg_tend - tends tables"

OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c))

# said once, in the control file; the tests compare what else says it
version := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" pg_tend.control)
DATA_built = extension/pg_tend--$(version).sql
# from earlier versions
DATA = $(wildcard extension/pg_tend--*--*.sql)

# bpf/iotrace.h is shared with the helper
PG_CPPFLAGS = -I$(srcdir)/src -I$(srcdir)
# PostgreSQL's own headers have unused parameters.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter

REGRESS_OPTS = --encoding=UTF8
REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))

.DEFAULT_GOAL := all

include test/check.mk

.PHONY: demo bpf install-bpf grafana
demo:
	@test/demo

grafana:
	@grafana/src/build grafana

# Apart from all: it needs clang and libbpf, see bpf/Makefile.
bpf:
	@$(MAKE) --no-print-directory -C bpf
install-bpf:
	@$(MAKE) --no-print-directory -C bpf install
EXTRA_CLEAN = bpf/build

# These bring a PostgreSQL of their own, or need none.
ifeq ($(check_wanted)$(filter demo bpf install-bpf grafana,$(MAKECMDGOALS)),)
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
endif

# A header changes more than one object; a full build takes seconds.
$(OBJS): $(wildcard src/*.h src/*/*.h) bpf/iotrace.h

$(DATA_built): extension/pg_tend.sql
	cp $< $@
