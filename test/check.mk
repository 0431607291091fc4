# Included by the Makefile.  "make check" must work where no PostgreSQL is
# installed yet, and PGXS has a "check" of its own that only prints an excuse;
# so the Makefile includes PGXS only when check_wanted is empty.

MAJORS ?= 15 17 18
check_wanted := $(filter check check-packages,$(MAKECMDGOALS))

ifneq ($(check_wanted),)
.PHONY: check check-packages
check:
	@test/check $(MAJORS)
check-packages:
	@test/packages/run $(MAJORS)
endif

# what a variable of the Makefile holds, for test/run_major
print-%:
	@echo '$($*)'
