#include "runner/micro/gbench_shim.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <sys/resource.h>

struct gbench_state {
    benchmark::State &state;
    bool has_started;
    long faults; /* soft page faults of this thread at the start of the loop, then within it */
};

static bool announces;
static const char *help_text;

static long thread_faults()
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_minflt : 0;
}

static void run_one(benchmark::State &state, const char *name, const char *label, gbench_run *run,
                    const void *context)
{
    gbench_state own = {state, false, 0};
    if (announces && state.thread_index() == 0)
        std::fprintf(stderr, "%s\n", name);
    run(&own, context);
    state.SetItemsProcessed(state.iterations());
    state.counters["faults_per_op"] =
        benchmark::Counter(static_cast<double>(own.faults), benchmark::Counter::kAvgIterations);
    if (state.thread_index() == 0)
        state.SetLabel(label);
}

void gbench_add(const char *name, const char *label, gbench_run *run, const void *context,
                int threads)
{
    auto *added = benchmark::RegisterBenchmark(
        name, [=](benchmark::State &state) { run_one(state, name, label, run, context); });
    if (threads > 1) /* One is the default; asked for, it would stand in the name. */
        added->Threads(threads);
}

bool gbench_goes_on(struct gbench_state *state, int64_t ops)
{
    if (!state->has_started) {
        state->has_started = true;
        state->faults = thread_faults();
    }
    if (state->state.KeepRunningBatch(ops))
        return true;
    state->faults = thread_faults() - state->faults;
    return false;
}

int gbench_thread(const struct gbench_state *state)
{
    return state->state.thread_index();
}

static void print_help()
{
    std::fputs(help_text, stdout);
    benchmark::PrintDefaultHelp();
}

int gbench_main(int argc, char **argv, const char *help)
{
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (std::strcmp(argv[i], "--announce") == 0)
            announces = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = nullptr;
    help_text = help;
    benchmark::Initialize(&kept, argv, print_help);
    if (benchmark::ReportUnrecognizedArguments(kept, argv))
        return 2;
    const bool found = benchmark::RunSpecifiedBenchmarks() > 0;
    benchmark::Shutdown();
    return found ? 0 : 2;
}
