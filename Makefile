# sipsilo
#
#   make            build/sipsilo
#   make run        install what is missing, build, serve on the embedded default
#   make demo       the story of one message, on one screen
#   make test       install what is missing, then every test there is
#   make check      the fast ones: unit and simulation tests with sanitizers, rooms, format
#   make simulate   millions of steps of random schedules; SEEDS=100000, SEED=4711
#   make soak       an hour under mixed traffic: nothing grows, leaks or is lost; TIME, RATE,
#                   CHECK=valgrind or asan: build/soak/report.md
#   make planted    how soon the tests find bugs that are put in on purpose
#   make rooms      each room includes only what it may
#   make format     lay the source out as .clang-format says
#   make bench      measure each part and the server: build/bench/report.md; LONG=1
#   make bench-build  build what measures, under build/bench
#   make gate       instructions an operation takes, against those on record
#   make profile    WHAT=store: which functions they are spent in
#   make bench-parser
#                   install other SIP parsers, measure ours beside them
#   make bench-peer install Kamailio and MariaDB, measure sipsilo beside them
#   make fuzz       each fuzz target for TIME=60 seconds under libFuzzer; see fuzz/fuzz.mk
#   make install    DESTDIR and PREFIX are respected
#   make clean

CC ?= cc
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
LIBRARIES := libuv lmdb jansson

# Debian's names of what `make run`, `make test`, `make bench-parser` and `make bench-peer`
# need.
BUILD_PACKAGES := gcc libc6-dev pkg-config libuv1-dev liblmdb-dev libjansson-dev
TEST_PACKAGES := $(BUILD_PACKAGES) libcmocka-dev clang-format python3 sip-tester baresip-core \
                 linphone-cli kamailio valgrind patch
PEER_PACKAGES := libosip2-dev libre-dev libsofia-sip-ua-dev
BENCH_PACKAGES := $(BUILD_PACKAGES) $(PEER_PACKAGES) valgrind
SILO_PACKAGES := $(BUILD_PACKAGES) python3 kamailio kamailio-mysql-modules mariadb-server

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE \
             -D_FORTIFY_SOURCE=2
LINKING := -pie -Wl,-z,relro,-z,now,-z,noexecstack
STANDARD := -std=c11 -D_GNU_SOURCE -I.
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
            -fno-sanitize-recover=all -Werror

SOURCES := $(filter-out src/main.c,$(wildcard parser/*.c store/*.c src/*.c src/*/*.c))
OBJECTS := $(SOURCES:%.c=build/release/%.o)
TESTS := $(patsubst tests/%.c,build/check/%,$(wildcard tests/test_*.c))
HELPERS := $(filter-out tests/test_%.c,$(wildcard tests/*.c))
CHECKED := $(SOURCES:%.c=build/check/%.o) $(HELPERS:%.c=build/check/%.o)
FAILING := test_memory test_lmdb_memory
BENCHES := $(patsubst bench/%.c,build/bench/%,$(wildcard bench/*.c))

# Tests that go through millions again, optimised and without sanitizers.
SIMULATIONS := $(addprefix build/simulate/,test_simulation test_kill_points)
OPTIMISED := $(SIMULATIONS) $(addprefix build/simulate/,test_turnover test_limits \
             test_limits_kept)
SIMULATED := $(SOURCES:%.c=build/simulate/%.o) $(HELPERS:%.c=build/simulate/%.o)

# The parsers that bench_parser measures beside ours: those that pkg-config finds.
PEERS := libre osip sofia
PACKAGE_libre := libre
PACKAGE_osip := libosip2
PACKAGE_sofia := sofia-sip-ua
FOUND = $(foreach peer,$(PEERS),$(shell \
            $(PKG_CONFIG) --exists $(PACKAGE_$(peer)) 2>/dev/null && echo $(peer)))
PACKAGES = $(foreach peer,$(FOUND),$(PACKAGE_$(peer)))
MEASURED = $(filter-out $(PEERS:%=bench/parser/%.c),$(wildcard bench/parser/*.c)) \
           $(FOUND:%=bench/parser/%.c) tests/random.c

# The benches of one part of the core each, which share bench/micro.
MICRO := timers location transactions store

# What siload is made of.
LOADING := $(wildcard bench/load/*.c) bench/parser/table.c store/crc32c.c \
           src/net/segments.c

FORMATTED := $(wildcard */*.[ch] src/*/*.[ch] bench/*/*.[ch] tests/*/*.[ch])

include fuzz/fuzz.mk

.DEFAULT_GOAL := all
.PHONY: all run demo test simulate soak planted bench bench-build bench-parser bench-peer gate \
        profile check rooms format format-check install clean
.SECONDARY:

all: build/sipsilo

build/sipsilo: build/release/src/main.o
build/store_facts: build/release/tests/soak/store_facts.o

build/sipsilo build/store_facts: build/release/libsipsilo.a
	@echo "  link  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $(LINKING) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lresolv -pthread

build/release/libsipsilo.a: $(OBJECTS)
	@rm -f $@ && $(AR) rcs $@ $^

build/release/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The parser's variant for CPUs that have these; others do not run it.
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
build/%/parser/avx2.o: STANDARD += -mavx2 -mbmi -mbmi2
endif

# Preloaded by tests/e2e/test_bad_disk.
build/bad_disk.so: tests/e2e/bad_disk.c
	@mkdir -p $(@D)
	@$(CC) $(STANDARD) $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

build/check/libsipsilo.a: $(CHECKED)
	@rm -f $@ && $(AR) rcs $@ $^

build/check/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARNINGS) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

build/check/test_%: build/check/tests/test_%.o build/check/libsipsilo.a
	@echo "  link  $@"
	@$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --libs $(LIBRARIES) cmocka) -lresolv -pthread

# These take the place of libc's calls in the test that they are linked into, so no other has
# them.
build/check/test_power: $(patsubst %.c,build/check/%.o,$(wildcard tests/power/*.c))

# The product and LMDB in one object, in which memory may be made to fail: tests/failing_memory.
build/check/failing.o: $(SOURCES:%.c=build/check/%.o)
	@$(CC) -nostdlib -r -o $@ $^ $(shell $(PKG_CONFIG) --variable=libdir lmdb)/liblmdb.a
	@objcopy $(foreach call,malloc calloc realloc strdup posix_memalign,\
	    --redefine-sym $(call)=failing_$(call)) $@

$(FAILING:%=build/check/%): build/check/failing.o

build/check/test_histogram: build/check/bench/load/histogram.o
build/check/test_ledger: $(addprefix build/check/bench/load/,ledger.o body.o)

# The real binary with the sanitizers, for a soak.
build/check/sipsilo: build/check/src/main.o build/check/libsipsilo.a
	@echo "  link  $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lresolv -pthread

build/simulate/libsipsilo.a: $(SIMULATED)
	@rm -f $@ && $(AR) rcs $@ $^

build/simulate/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARNINGS) $(CPPFLAGS) -O2 -g -MMD -MP -c -o $@ $<

build/simulate/test_%: build/simulate/tests/test_%.o build/simulate/libsipsilo.a
	@echo "  link  $@"
	@$(CC) -O2 -g -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --libs $(LIBRARIES) cmocka) -lresolv -pthread

run:
	@dist/need $(BUILD_PACKAGES)
	@$(MAKE) --no-print-directory all
	build/sipsilo serve

demo:
	@dist/need $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory all
	@tests/demo

# One runner for both, so that one line tells of all.
test:
	@dist/need $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory all $(TESTS) $(REPLAYS) $(OPTIMISED) build/bench/bench_core \
	    build/bench/siload build/store_facts build/check/sipsilo build/bad_disk.so rooms \
	    format-check
	@tests/run $(TESTS) $(REPLAYS) $(OPTIMISED) tests/planted/apply bench/gate \
	    $(wildcard tests/e2e/test_*)

bench-build: all $(BENCHES)

# Ten minutes: each part by itself, then the server in ROUNDS; LONG=1 goes to ten million messages.
# All stores lie in build: /tmp may be memory. Damaged messages are told of in the report, too.
ROUNDS ?= 3
bench:
	@dist/need $(BUILD_PACKAGES) python3
	@$(MAKE) --no-print-directory bench-build
	@build/bench/bench_parser -o build/bench >/dev/null
	@set -e; for part in $(filter-out store,$(MICRO)); do \
	    build/bench/bench_$$part -j build/bench/$$part.jsonl; done
	@build/bench/bench_store -d build/bench $(if $(LONG),-n 10000000) -j build/bench/store.jsonl
	@bench/run_server --rounds $(ROUNDS) $(if $(LONG),--long) --json build/bench/server.jsonl; \
	    code=$$?; CFLAGS='$(CFLAGS)' CC='$(CC)' bench/report && exit $$code

# TIME seconds of mixed traffic; with CHECK=valgrind or asan in pieces of PIECE seconds.
soak: TIME = 3600
soak:
	@dist/need $(BUILD_PACKAGES) python3 valgrind
	@$(MAKE) --no-print-directory all build/bench/siload build/store_facts \
	    $(if $(filter asan,$(CHECK)),build/check/sipsilo)
	@CFLAGS='$(CFLAGS)' CC='$(CC)' tests/soak/measure --seconds $(TIME) \
	    $(if $(RATE),--rate $(RATE)) $(if $(PIECE),--piece $(PIECE)) \
	    $(if $(CHECK),--check $(CHECK) --directory build/soak/$(CHECK))

simulate: $(SIMULATIONS)
	@tests/run $(SIMULATIONS)

planted: $(SIMULATIONS) $(addprefix build/check/test_,lmdb_crash lmdb_redo power)
	@tests/planted/measure

gate profile:
	@dist/need $(BUILD_PACKAGES) valgrind python3
	@$(MAKE) --no-print-directory build/bench/bench_core
	@bench/gate $(if $(filter profile,$@),--profile) $(WHAT)

# Two minutes, of which counting instructions is the first. Linked anew, since peers may have
# been installed just now.
bench-parser:
	@dist/need $(BENCH_PACKAGES)
	@rm -f build/bench/bench_parser
	@$(MAKE) --no-print-directory build/bench/bench_parser
	@bench/instructions >build/bench/instructions
	@build/bench/bench_parser -i build/bench/instructions -o build/bench \
	    -n "Commit: $$(git describe --always --dirty || echo unknown)" -n "Flags: $(CFLAGS)" \
	    -n "Peers: $$(dpkg-query -W -f '$${Package} $${Version}  ' $(PEER_PACKAGES))"

# Twelve minutes. ROUNDS, LONG=1 and others: see bench/bench_peer.
bench-peer:
	@dist/need $(SILO_PACKAGES)
	@$(MAKE) --no-print-directory all build/bench/siload
	@bench/bench_peer build/bench/peer.md

build/bench/bench_parser: $(MEASURED:%.c=build/release/%.o)
build/bench/bench_parser: LIBRARIES += $(PACKAGES)
build/release/bench/parser/%.o: STANDARD += $(patsubst -I%,-isystem%,$(shell \
    $(PKG_CONFIG) --cflags $(LIBRARIES) $(PACKAGES) 2>/dev/null))

$(MICRO:%=build/bench/bench_%): $(patsubst %.c,build/release/%.o,$(wildcard bench/micro/*.c)) \
    build/release/tests/random.o

# What an operation of the core costs in instructions; bench/gate says how.
build/bench/bench_core: $(patsubst %.c,build/release/%.o,$(wildcard bench/core/*.c) \
                        bench/parser/input.c bench/parser/mix.c tests/random.c)
build/release/bench/core/about.o: STANDARD += -DBUILD_FLAGS='"$(CFLAGS)"'

build/bench/%: build/release/bench/%.o build/release/libsipsilo.a
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $(LINKING) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lresolv -pthread

# A black box's load generator: of the server it has a checksum, and how sockets cut.
build/bench/siload: $(LOADING:%.c=build/release/%.o) build/release/bench/siload.o
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $(LINKING) -o $@ $^

check: $(TESTS) $(REPLAYS) rooms format-check
	@tests/run $(TESTS) $(REPLAYS) tests/planted/apply

rooms:
	@tests/rooms

format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

format:
	clang-format -i $(FORMATTED)

install: all
	install -D -m 755 build/sipsilo $(DESTDIR)$(PREFIX)/bin/sipsilo
	install -D -m 644 dist/sipsilo.1 $(DESTDIR)$(PREFIX)/share/man/man1/sipsilo.1
	install -D -m 644 dist/sipsilo.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/sipsilo.conf.5
	install -D -m 644 dist/sipsilo.conf $(DESTDIR)$(PREFIX)/share/doc/sipsilo/sipsilo.conf
	install -D -m 644 dist/kamailio.cfg $(DESTDIR)$(PREFIX)/share/doc/sipsilo/kamailio.cfg
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/bin|$(PREFIX)/bin|' dist/sipsilo.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/sipsilo.service

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
