# hakbench: `make help` lists what to ask for. Everything is built under build/.

PYTHON   := /usr/bin/python3
CC       := gcc
CXX      := g++
RESULTS  := reports/out

WARNINGS := -Wall -Wextra -Werror -Wundef -Wcast-qual -Wmissing-prototypes -Wshadow \
            -Wstrict-prototypes -Wpointer-arith -Wvla
CFLAGS   := -std=gnu11 -O2 -g $(WARNINGS) -MMD -MP -iquote .
# A line per file is enough to read; V=1 shows the commands.
Q        := $(if $(V),,@)
LIBS     := -lsqlite3 -ljansson -lm

# Make's own rules match nothing here; without them thousands of .d files are read in no time.
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := all
.PHONY: all deps deps-dev matrix gate gate-proof micro programs misuse compare peers soak report trend trend-proof test test-tidy test-unit test-python test-stress conformance-all \
        format clean help

help:
	@echo 'make deps matrix       install what running needs, build, measure every variant and peer, report'
	@echo '                       (QUICK=1 under two minutes, FULL=1 every variant)'
	@echo 'make deps-dev test     install what testing needs, build, run every test (docs/TESTING.md)'
	@echo 'make test-stress       the same tests beside a machine that is kept busy'
	@echo 'make                   build what the default matrix measures, the workloads and the runner'
	@echo 'make variants-all      build the allocator with every set of layers, in every layout and front'
	@echo 'make trace             build the release default with list tracing: build/trace/libhakmem.so'
	@echo 'make compare A=hakmem B=mimalloc W=ws8192   paired comparison of two allocators'
	@echo 'make micro             micro-benchmarks of malloc under hakmem and every peer'
	@echo 'make programs          whole programs (python3, sqlite3, gcc, redis) under hakmem and peers'
	@echo 'make misuse            misuse memory in every known way under every set of layers'
	@echo 'make soak              long audited runs of every workload, layers all and off: crashes and'
	@echo '                       corruptions in N operations (SECONDS=60 of each sample)'
	@echo 'make peers             hakmem beside every peer: ratios, instructions, cost curves, into'
	@echo '                       docs/ALLOCATOR.md (about 20 minutes; BLOCKS=12)'
	@echo 'make gate BASE=REF     is HEAD slower, hungrier or broken beside REF?'
	@echo 'make gate-proof        what that gate finds and how often it errs (MINUTES=30, resumable)'
	@echo 'make conformance-all   run the conformance tests on all that variants-all builds'
	@echo 'make report            write the report of the newest session again'
	@echo 'make trend             draw the history of commits: change points, drift since the release'
	@echo '                       (build/hakbench backfill --commits A..B measures it)'
	@echo 'make trend-proof       a commit that is 8 % slower among twelve: trend and bisect name it (4 minutes)'
	@echo 'make format            lay out the C sources with clang-format'
	@echo 'make clean             delete build/ (results in $(RESULTS)/ stay)'

# --- set-up -----------------------------------------------------------------------------------
deps:
	@ci/deps run
deps-dev:
	@ci/deps dev

# Set-up comes first whatever -j says: goals named beside it are made by a second make after it.
SETUP := $(filter deps deps-dev,$(MAKECMDGOALS))
ifneq ($(SETUP),)
$(filter-out $(SETUP) help,$(MAKECMDGOALS)): $(SETUP)
	@+$(MAKE) --no-print-directory $@
else

all: variants workloads build/hakbench build/libhakprobe.so build/planted.o build/micro build/misuse

# --- the allocator: one folder of objects per variant of the matrix file --------------------------
build/variants.mk: allocator/variants/matrix.txt allocator/variants/variants.awk
	@mkdir -p $(@D)
	@awk -f allocator/variants/variants.awk $< >$@
ifneq ($(MAKECMDGOALS),clean)
include build/variants.mk
endif

# Rooms from the bottom up: a file may include its own room and those before it (ci/tidy).
ALLOCATOR_ROOMS   := base diagnostics space layers large slabs front process
# ROOM/FILE.c, in the order of the files' names: so are they linked, whatever room a file stands in.
ALLOCATOR_FILES   := $(patsubst allocator/%,%,$(wildcard $(ALLOCATOR_ROOMS:%=allocator/%/*.c)))
ALLOCATOR_SOURCES := $(foreach name,$(sort $(notdir $(ALLOCATOR_FILES))),$(filter %/$(name),$(ALLOCATOR_FILES)))
# The compiler must not turn an allocator's own loops and pairs back into calls to itself. Functions
# begin at cache lines, so that variants differ by what they do and not by where malloc came to lie.
ALLOCATOR_CFLAGS  := $(CFLAGS) -D_GNU_SOURCE -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt \
                     -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free \
                     -fno-semantic-interposition -fno-stack-protector -fcf-protection=none \
                     -fno-math-errno -fexceptions -falign-functions=64

# One rule serves every variant: an object's stem is the variant and the source, SLUG/ROOM/FILE. Which
# variants are built is what a goal asks for; any other is built when it is named.
slug_of    = $(firstword $(subst /, ,$(1)))
source_of  = $(patsubst $(slug_of)/%,%,$(1))
flags_of   = $(or $(FLAGS_$(slug_of)),$(error there is no variant $(slug_of): see build/hakbench list))
objects_of = $(ALLOCATOR_SOURCES:%.c=$(1)/%.o)
libraries  = $(sort $(foreach set,$(1),$(VARIANTS_$(set):%=build/variants/%/libhakmem.so)))
# From here on a $$ in prerequisites is what a target of its own makes of them.
.SECONDEXPANSION:
# build/variants/ is what is measured, build/trace/ the same with list tracing compiled in, and
# build/absent/ without any of the layers' code, for ci/hotpath to compare with.
ADDED_trace  := -DHAK_TRACE=1
ADDED_absent := -DHAK_LAYERS_ABSENT=1
define library_rules
build/$(1)/%.o: allocator/$$$$(call source_of,$$$$*).c allocator/variants/variants.awk Makefile
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) $$(ALLOCATOR_CFLAGS) $$(call flags_of,$$*) $$(ADDED_$(1)) -c -o $$@ $$<
build/$(1)/%/libhakmem.so: $$$$(call objects_of,build/$(1)/$$$$*)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) -shared -Wl,-z,now -Wl,-z,defs -Wl,-z,nodelete -Wl,--build-id=sha1 -Wl,-soname,libhakmem.so -o $$@ $$^
endef
$(foreach k,variants trace absent,$(eval $(call library_rules,$(k))))

.PHONY: variants variants-all trace
variants: $(call libraries,quick default) build/libhakmem.so
variants-all: $(call libraries,full)
build/libhakmem.so: build/variants/$(DEFAULT_VARIANT)/libhakmem.so
	@ln -sfr $< $@
trace: build/trace/libhakmem.so
build/trace/libhakmem.so: build/trace/$(DEFAULT_VARIANT)/libhakmem.so
	@ln -sfr $< $@

# --- the workloads: every folder of workloads/ with C files is a program ---------------------------
WORKLOADS := $(filter-out tests,$(patsubst workloads/%/,%,$(dir $(wildcard workloads/*/main.c))))
# A benchmark's malloc and free must reach the allocator: the compiler may not fold them away.
WORKLOAD_CFLAGS := $(CFLAGS) -fno-builtin-malloc -fno-builtin-free -fno-builtin-calloc \
                   -fno-builtin-realloc -pthread

.PHONY: workloads
workloads: $(WORKLOADS:%=build/workloads/%) $(WORKLOADS:%=build/latency/%)
build/obj/workloads/%.o: workloads/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -c -o $@ $<
WORKLOAD_COMMON := $(patsubst %.c,build/obj/%.o,$(wildcard workloads/*.c))
define workload_rules
build/workloads/$(1): $$(patsubst %.c,build/obj/%.o,$$(wildcard workloads/$(1)/*.c)) $$(WORKLOAD_COMMON)
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) -pthread -o $$@ $$^ -lm
endef
$(foreach w,$(WORKLOADS),$(eval $(call workload_rules,$(w))))

# The programs of the latency pass: the same sources, with workloads/latency.h before each, where
# it takes the place of malloc and its relatives. _GNU_SOURCE as some of them define it themselves.
LATENCY_CFLAGS := -DWORKLOADS_LATENCY=1 -D_GNU_SOURCE= -include workloads/latency.h
build/obj/latency/%.o: workloads/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(WORKLOAD_CFLAGS) $(LATENCY_CFLAGS) -c -o $@ $<
define latency_rules
build/latency/$(1): $$(patsubst workloads/%.c,build/obj/latency/%.o,$$(wildcard workloads/$(1)/*.c workloads/*.c))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) -pthread -o $$@ $$^ -lm
endef
$(foreach w,$(WORKLOADS),$(eval $(call latency_rules,$(w))))

# --- the runner ----------------------------------------------------------------------------------
# Folders from the bottom up: a file may include its own folder and those before it (ci/tidy).
RUNNER_FLOORS := base stats process subject store table measure job gate trend command
RUNNER_SOURCES := $(wildcard $(RUNNER_FLOORS:%=runner/%/*.c))
RUNNER_OBJECTS := $(RUNNER_SOURCES:%.c=build/obj/%.o)
build/obj/runner/%.o: runner/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
build/hakbench: $(RUNNER_OBJECTS)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) -o $@ $^ $(LIBS)

# Preloaded beside an allocator into programs that do not report their identity themselves.
build/libhakprobe.so: runner/preload/probe.c workloads/identity.c workloads/identity.h Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) -fPIC -shared -o $@ runner/preload/probe.c workloads/identity.c

# Linked by the gate in front of an allocator's malloc and free, as a change that it must find.
build/planted.o: runner/planted/wrap.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-builtin -c -o $@ $<

# Micro-benchmarks: C behind a C++ shim to Google Benchmark, which is shared, so that its own
# blocks come from the preloaded malloc as well.
build/obj/runner/micro/%.o: runner/micro/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -fno-builtin-aligned_alloc -c -o $@ $<
build/obj/runner/micro/%.o: runner/micro/%.cc Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CXX $@')
	$(Q)$(CXX) -std=c++17 -O2 -g -DNDEBUG -Wall -Wextra -Werror -MMD -MP -iquote . -pthread -c -o $@ $<
build/micro: $(addprefix build/obj/runner/,micro/micro.o micro/gbench_shim.o base/random.o)
	$(if $(V),,@echo '  CXX $@')
	$(Q)$(CXX) -pthread -o $@ $^ -lbenchmark

# Misuse of the heap, a case a process; it knows the geometry of blocks, and malloc by name only.
build/obj/allocator/tests/misuse/%.o: allocator/tests/misuse/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(CFLAGS) -D_GNU_SOURCE -fno-builtin -pthread -c -o $@ $<
build/misuse: $(patsubst %.c,build/obj/%.o,$(wildcard allocator/tests/misuse/*.c))
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) -pthread -o $@ $^

# --- the main job ----------------------------------------------------------------------------------
MODE := $(if $(QUICK),quick,$(if $(FULL),full,default))
# A matrix that is not quick ends with the misuse suite.
.PHONY: matrix-libraries
matrix-libraries: $(call libraries,$(MODE) $(if $(QUICK),,misuse))
matrix: all matrix-libraries
	@# Crashes and corruptions (4) are results, too: the report is written, and the status kept.
	@build/hakbench run --mode $(MODE) --results $(RESULTS); status=$$?; \
	case $$status in 0|4) $(PYTHON) -m reports --results $(RESULTS) || exit $$? ;; esac; \
	exit $$status
micro: all
	build/hakbench micro --results $(RESULTS)
programs: all
	build/hakbench programs --results $(RESULTS)
misuse: all $(call libraries,misuse)
	build/hakbench misuse --results $(RESULTS)
SECONDS := 60
soak: all
	build/hakbench soak --seconds $(SECONDS) --results $(RESULTS)
compare: all
	build/hakbench compare $(A) $(B) --workload $(W) --results $(RESULTS)
# Is HEAD slower, hungrier or broken beside BASE? A clean exit says no (docs/BENCHMARKING.md).
gate: build/hakbench build/planted.o
	build/hakbench gate --base $(or $(BASE),$(error make gate BASE=REF: with what is HEAD to be compared?)) --results $(RESULTS)
# A/A gates and gates with a planted slowdown, in turn, for MINUTES; the next call goes on.
MINUTES := 30
gate-proof: build/hakbench build/planted.o
	build/hakbench gate --prove $(MINUTES) --results $(RESULTS)
# Packages of reports/ from the bottom up: a module imports its own and those before it (ci/tidy).
REPORT_FLOORS := load statistics figures sections pages command
report:
	$(PYTHON) -m reports --results $(RESULTS)
trend:
	$(PYTHON) -m reports trend --results $(RESULTS)
# A planted slowdown of 8 % in a repository of twelve commits, measured for real.
trend-proof: all
	$(PYTHON) -m runner.tests.eight_percent build/trend-proof

# The table in the docs. Each part stands for itself: curves are drawn after a crash elsewhere (4),
# and what valgrind would count is left out where it is not installed.
BLOCKS := 12
peers: all
	@status=0; for part in "peers --blocks $(BLOCKS)" curves; do \
	    build/hakbench $$part --results $(RESULTS) --json >/dev/null; code=$$?; \
	    case $$code in 0|3|4) [ $$code -le $$status ] || status=$$code ;; *) exit $$code ;; esac; \
	done; \
	ci/pairs --csv $(RESULTS)/pairs.csv >/dev/null; \
	$(PYTHON) -m reports peers --results $(RESULTS) --write-docs || exit $$?; \
	exit $$status

# --- tests -------------------------------------------------------------------------------------------
# The allocator's units are tested in debug builds, without the preload face: plain, under
# AddressSanitizer and UBSan, under ThreadSanitizer, and with list tracing compiled in.
SANITIZE_debug :=
SANITIZE_asan  := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan  := -fsanitize=thread
SANITIZE_trace := -DHAK_TRACE=1
ALLOCATOR_TESTS := $(notdir $(basename $(wildcard allocator/tests/unit/*.c)))
RUNNER_TESTS    := $(notdir $(basename $(wildcard runner/tests/unit/*.c)))

# All but the preload face, whose names are those of the C library itself.
preload_of      = $(patsubst allocator/%.c,$(1)/%.o,$(wildcard allocator/process/preload*.c))
tested_in       = $(filter-out $(preload_of),$(objects_of))
# A test program per kind and variant, build/test/<kind>/<variant>/<test>, of objects under
# build/test/obj/<kind>/<variant>: there a test and a room may have the same name.
define allocator_test_rules
build/test/obj/$(1)/%.o: allocator/$$$$(call source_of,$$$$*).c allocator/variants/variants.awk Makefile
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) $$(filter-out -O2,$$(ALLOCATOR_CFLAGS)) -O1 -fno-omit-frame-pointer $$(call flags_of,$$*) -DHAK_DEBUG=1 $$(SANITIZE_$(1)) -c -o $$@ $$<
build/test/obj/$(1)/%.t.o: allocator/tests/unit/$$$$(call source_of,$$$$*).c allocator/variants/variants.awk Makefile
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) $$(CFLAGS) $$(call flags_of,$$*) -DHAK_DEBUG=1 $$(SANITIZE_$(1)) -pthread -c -o $$@ $$<
build/test/$(1)/%: build/test/obj/$(1)/%.t.o $$$$(call tested_in,build/test/obj/$(1)/$$$$(call slug_of,$$$$*))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) $$(SANITIZE_$(1)) -pthread -o $$@ $$^ -lcmocka
endef
$(foreach k,debug asan tsan trace,$(eval $(call allocator_test_rules,$(k))))

# Every variant of the set in the debug kind, the default and its opposite under the sanitizers.
SANITIZED_VARIANTS := $(firstword $(VARIANTS_units)) $(lastword $(VARIANTS_units))
UNIT_TESTS := $(foreach t,$(ALLOCATOR_TESTS),$(foreach v,$(VARIANTS_units),build/test/debug/$(v)/$(t))) \
              $(foreach t,$(ALLOCATOR_TESTS),$(foreach v,$(SANITIZED_VARIANTS),build/test/asan/$(v)/$(t) build/test/tsan/$(v)/$(t) build/test/trace/$(v)/$(t))) \
              $(RUNNER_TESTS:%=build/test/runner/%)

build/test/runner/obj/%.o: runner/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(CFLAGS) $(SANITIZE_asan) -c -o $@ $<
build/test/runner/obj/%.t.o: runner/tests/unit/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(CFLAGS) $(SANITIZE_asan) -c -o $@ $<
build/test/runner/%: build/test/runner/obj/%.t.o $(patsubst runner/%.c,build/test/runner/obj/%.o,$(filter-out runner/command/main.c,$(RUNNER_SOURCES)))
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(SANITIZE_asan) -o $@ $^ -lcmocka $(LIBS)

# Black-box programs that know only the C library's interface; pytest runs them under each malloc.
# The compiler may not reason about malloc: folding a pair away would leave nothing to test.
BLACKBOX := $(patsubst allocator/tests/%,build/test/%,$(basename $(wildcard \
              allocator/tests/conformance/*.c allocator/tests/conformance/*.cc \
              allocator/tests/faults/*.c allocator/tests/faults/*.cc allocator/tests/diagnostics/*.c)))
# Libraries that some of them open: found by the folder that the program itself names.
PLUGINS  := $(patsubst allocator/tests/%,build/test/%.so,$(basename $(wildcard allocator/tests/plugins/*.c allocator/tests/plugins/*.cc)))
PLUGIN_FOLDER := -Wl,-rpath,'$$ORIGIN/../plugins'
.PHONY: blackbox
blackbox: $(BLACKBOX) $(PLUGINS)
build/test/plugins/%.so: allocator/tests/plugins/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@')
	$(Q)$(CC) $(CFLAGS) -MF $@.d -D_GNU_SOURCE -fno-builtin -fPIC -shared -o $@ $<
build/test/plugins/%.so: allocator/tests/plugins/%.cc Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CXX $@')
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Werror -MMD -MP -MF $@.d -iquote . -fno-builtin -fPIC -shared -o $@ $<
build/test/conformance/replaced_static: LINK := -static-libstdc++ -static-libgcc
define blackbox_rules
build/test/$(1)/%: allocator/tests/$(1)/%.c Makefile
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CC $$@')
	$$(Q)$$(CC) $$(CFLAGS) -MF $$@.d -D_GNU_SOURCE -fno-builtin -pthread $$(PLUGIN_FOLDER) -o $$@ $$<
build/test/$(1)/%: allocator/tests/$(1)/%.cc Makefile
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo '  CXX $$@')
	$$(Q)$$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Werror -MMD -MP -MF $$@.d -iquote . -fno-builtin -pthread $$(PLUGIN_FOLDER) $$(LINK) -o $$@ $$<
endef
$(foreach f,conformance faults diagnostics,$(eval $(call blackbox_rules,$(f))))
# Stands in for functions of the C library in other objects, too.
build/test/faults/hooked_calls: CFLAGS += -rdynamic

# Both fronts with list tracing; all layers in one of them, so that lists are dropped, too.
TRACED := build/trace/libhakmem.so build/trace/headerless-cache-all-fine/libhakmem.so
ABSENT := $(patsubst build/variants/%/libhakmem.so,build/absent/%/process/preload.o,$(filter %-off-fine/libhakmem.so %-off-c8/libhakmem.so,$(call libraries,quick default)))
# Everything that the tests run is built first, by every core unless -j says how many, and goes on
# past what does not compile; ci/test then runs all parts, whatever failed before, and adds up.
.PHONY: test-programs
test-programs: $(UNIT_TESTS) all blackbox $(call libraries,blackbox misuse) $(TRACED) $(ABSENT)
test:
	@+$(MAKE) --no-print-directory -k $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc)) test-programs; \
	ci/test --built $$? $(UNIT_TESTS)
test-stress:
	@+ci/stress
test-tidy:
	ci/tidy
test-unit: $(UNIT_TESTS)
	ci/units $^
# What the sanitizers see alone: units of the allocator in two variants (QUICK=1: in one, without
# threads' turn), and the workloads.
SANITIZED_TESTS := $(foreach k,asan $(if $(QUICK),,tsan),$(foreach v,$(if $(QUICK),$(firstword $(SANITIZED_VARIANTS)),$(SANITIZED_VARIANTS)),$(ALLOCATOR_TESTS:%=build/test/$(k)/$(v)/%)))
.PHONY: test-sanitizers
test-sanitizers: $(SANITIZED_TESTS) workloads
	ci/units $(SANITIZED_TESTS)
	ci/test --only pytest workloads/tests/test_sanitizers.py
test-python: all blackbox $(call libraries,blackbox misuse) $(TRACED) $(ABSENT)
	ci/test --only pytest
conformance-all: blackbox variants-all
	HAKMEM_TEST_VARIANTS=full ci/test --only pytest allocator/tests/test_conformance.py

format:
	clang-format -i $(wildcard $(ALLOCATOR_ROOMS:%=allocator/%/*.[ch]) allocator/tests/*.h allocator/tests/*.hh allocator/tests/*/*.[ch] allocator/tests/*/*.cc workloads/*.[ch] workloads/*/*.[ch] \
	    runner/*/*.[ch] runner/*/*.cc runner/tests/unit/*.[ch])

clean:
	rm -rf build

-include $(wildcard build/variants/*/*/*.d build/trace/*/*/*.d build/absent/*/*/*.d build/obj/*/*.d build/obj/*/*/*.d build/obj/*/*/*/*.d \
                    build/test/*/*.d build/test/*/*/*.d build/test/*/*/*/*.d build/test/obj/*/*/*.d build/test/obj/*/*/*/*.d)
endif
