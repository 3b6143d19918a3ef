# make -C native fuzz-short                     every target on its corpus and some thousand inputs of chance; any compiler;
#                                               the objects are those of npm test's native tests
# make -C native fuzz-targets LIBFUZZER=1       the targets as libFuzzer programs (clang), for scripts/fuzz.mjs
FUZZ_TARGETS := $(patsubst fuzz/%_fuzz.cc,%,$(wildcard fuzz/*_fuzz.cc))
FUZZ_SHARED := $(filter-out fuzz/%_fuzz.cc fuzz/short_main.cc,$(wildcard fuzz/*.cc))
FUZZ_SOURCES := $(wildcard core/*.cc) io/napt44.cc io/offload.cc io/pcap.cc yang/softwire_text.cc $(FUZZ_SHARED)
ifdef LIBFUZZER
CXXFLAGS += -fsanitize=fuzzer-no-link
FUZZ_MAIN := -fsanitize=fuzzer
else
FUZZ_MAIN := $(OUT)/fuzz/short_main.o
endif
# Inputs beside the corpus. What an input costs differs a hundredfold.
FUZZ_COUNT := 2000
FUZZ_COUNT_parse := 20000
FUZZ_COUNT_pcap := 5000
FUZZ_COUNT_pipeline := 4000
FUZZ_COUNT_softwire_text := 20000

fuzz-short:
	@$(MAKE) SANITIZE=address,undefined COVERAGE=1 $(FUZZ_TARGETS:%=fuzz-short-%)

fuzz-short-%: $(OUT)/fuzz/%
	@$< fuzz/corpus/$* $(or $(FUZZ_COUNT_$*),$(FUZZ_COUNT))

fuzz-targets: $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)

$(OUT)/fuzz/%: $(OUT)/fuzz/%_fuzz.o $(FUZZ_SOURCES:%.cc=$(OUT)/%.o) $(filter %.o,$(FUZZ_MAIN))
	$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter -%,$(FUZZ_MAIN)) $(LDLIBS)

.PHONY: fuzz-short fuzz-targets
.SECONDARY:
-include $(wildcard $(OUT)/fuzz/*.d)
