# The fuzz targets of fuzz/, for libFuzzer, for afl++ and for plain replay.
#
#   make fuzz [TARGET=uri] [TIME=60]      each target for so many seconds, under libFuzzer
#   make fuzz-afl [TARGET=uri] [TIME=60]  the same under afl++
#   make replay                           fuzz/corpus once, with the plain compiler and the bounds
#                                         that the fuzzers have
#   make fuzz-corpus [TARGET=uri]         adds what was found to fuzz/corpus, minimised
#   make fuzz TARGET=compare ADAPTER=fuzz/adapter_osip.c [ADAPTER_LIBS=...]
#                                         this parser beside another one; see fuzz/adapter.h
#   make coverage [ALL=1]                 lines and branches of parser/ that tests and corpus
#                                         reach; ALL: of store/ and src/, too

TIME ?= 60
FUZZ_CC ?= clang
AFL_CC ?= afl-clang-fast
FUZZ_PACKAGES := $(BUILD_PACKAGES) clang libclang-rt-14-dev
AFL_PACKAGES := $(FUZZ_PACKAGES) afl++

FUZZ_NAMES := $(filter-out compare,$(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c)))
FUZZED := $(or $(TARGET),$(FUZZ_NAMES))
REPLAYS := $(FUZZ_NAMES:%=build/check/replay_%)

FUZZ_FLAGS := -O2 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -DLIMITS_ARE_SMALL
FUZZ_SANITIZE := address,undefined
FUZZ_CHECKS := -fsanitize=$(FUZZ_SANITIZE)

# What targets share, and the simulated world of the tests, which one of them runs in.
FUZZ_SHARED := fuzz/fuzz.c fuzz/views.c fuzz/stranger.c
FUZZ_WORLD := $(filter-out $(shell grep -l cmocka $(HELPERS)),$(HELPERS))
FUZZ_LIBRARY := $(SOURCES) $(FUZZ_SHARED) $(FUZZ_WORLD)
FUZZ_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lresolv -pthread

.PHONY: fuzz fuzz-afl fuzz-corpus replay

# With the checks of `make check`, and the bounds that fuzzers find things at.
build/small/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(WARNINGS) $(SANITIZE) -DLIMITS_ARE_SMALL $(CPPFLAGS) -MMD -MP -c -o $@ $<

build/small/libsipsilo.a: $(FUZZ_LIBRARY:%.c=build/small/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

build/check/replay_%: build/small/fuzz/fuzz_%.o build/small/fuzz/replay.o build/small/libsipsilo.a
	@echo "  link  $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(FUZZ_LIBS)

replay: $(REPLAYS)
	@tests/run $(REPLAYS)

# Compares are not traced: the words are in fuzz/sip.dict, and half as many executions again
# reach more in the same time. What targets do is no way through the code under test: where
# it counted, inputs would be kept for it. Of the server's, the script is one.
FUZZ_COVERAGE := -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
build/fuzz/fuzz/%.o: FUZZ_COVERAGE :=
build/fuzz/fuzz/fuzz_server.o: FUZZ_COVERAGE := -fsanitize=fuzzer-no-link

# The world around the server is not checked here: `make check` does that. What it is given is
# looked at where it is copied, by the sanitizer's memcpy. libFuzzer does not count it, either.
build/fuzz/tests/%.o: FUZZ_COVERAGE :=
build/fuzz/tests/%.o build/afl/tests/%.o: FUZZ_CHECKS :=

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(FUZZ_CC) $(STANDARD) $(FUZZ_FLAGS) $(FUZZ_COVERAGE) $(FUZZ_CHECKS) \
	    -MMD -MP -c -o $@ $<

build/fuzz/libsipsilo.a: $(FUZZ_LIBRARY:%.c=build/fuzz/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

build/fuzz/fuzz_%: build/fuzz/fuzz/fuzz_%.o build/fuzz/libsipsilo.a
	@echo "  link  $@"
	@$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $^ $(FUZZ_LIBS)

# Only where it is asked for: it needs the other parser.
ADAPTER ?= fuzz/adapter_osip.c
ifeq ($(ADAPTER),fuzz/adapter_osip.c)
ADAPTER_PACKAGES := libosip2-dev
ADAPTER_LIBS ?= -losipparser2
endif

build/fuzz/fuzz_compare: build/fuzz/fuzz/fuzz_compare.o build/fuzz/$(ADAPTER:.c=.o) \
                         build/fuzz/libsipsilo.a
	@echo "  link  $@"
	@$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $^ $(ADAPTER_LIBS) $(FUZZ_LIBS)

fuzz:
	@dist/need $(FUZZ_PACKAGES) $(if $(filter compare,$(FUZZED)),$(ADAPTER_PACKAGES))
	@$(MAKE) -s $(FUZZED:%=build/fuzz/fuzz_%)
	@fuzz/run libfuzzer $(TIME) $(FUZZED)

fuzz-corpus: $(FUZZED:%=build/fuzz/fuzz_%)
	@fuzz/collect $(FUZZED)

build/afl/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@AFL_QUIET=1 $(AFL_CC) $(STANDARD) $(FUZZ_FLAGS) $(FUZZ_CHECKS) \
	    -MMD -MP -c -o $@ $<

build/afl/libsipsilo.a: $(FUZZ_LIBRARY:%.c=build/afl/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

# -fsanitize=fuzzer is afl++'s own driver: one process runs many inputs.
build/afl/fuzz_%: build/afl/fuzz/fuzz_%.o build/afl/libsipsilo.a
	@echo "  link  $@"
	@AFL_QUIET=1 $(AFL_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $^ $(FUZZ_LIBS)

fuzz-afl:
	@dist/need $(AFL_PACKAGES)
	@$(MAKE) -s $(FUZZED:%=build/afl/fuzz_%)
	@fuzz/run afl $(TIME) $(FUZZED)

# Coverage is of what belongs to the parser: its unit tests, the torture messages, the replays. Of
# everything: of all unit tests but those that need more than the library.
# The parser knows none of the bounds, so all share one library.
COVERAGE := --coverage -O0 -g
PARSER_TESTS := $(filter $(patsubst parser/%.c,build/check/test_%,$(wildcard parser/*.c)) \
                build/check/test_torture,$(TESTS))
APART := $(addprefix build/check/,$(FAILING) test_histogram test_ledger test_power)
COVERING := $(if $(ALL),$(filter-out $(APART),$(TESTS)),$(PARSER_TESTS))
COVERED := $(patsubst build/check/%,build/coverage/%,$(COVERING) $(REPLAYS))

.PHONY: coverage

build/coverage/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(STANDARD) $(COVERAGE) -MMD -MP -c -o $@ $<

build/coverage/libsipsilo.a: $(SOURCES:%.c=build/coverage/%.o) $(HELPERS:%.c=build/coverage/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

build/coverage/test_%: build/coverage/tests/test_%.o build/coverage/libsipsilo.a
	@$(CC) $(COVERAGE) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(LIBRARIES) cmocka) -lresolv -pthread

build/coverage/replay_%: build/coverage/fuzz/fuzz_%.o build/coverage/fuzz/replay.o \
                         $(FUZZ_SHARED:%.c=build/coverage/%.o) build/coverage/libsipsilo.a
	@$(CC) $(COVERAGE) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(LIBRARIES) cmocka) -lresolv -pthread

coverage:
	@dist/need $(TEST_PACKAGES) gcovr
	@$(MAKE) -s $(COVERED)
	@find build/coverage -name '*.gcda' -delete
	@tests/run $(COVERED)
	@fuzz/coverage $(if $(ALL),'(parser|store|src)/','parser/')
