/* Google Benchmark behind a C face, so that what is measured is C and only one file is C++.
 *
 * Owns the registration, the loop's counting of operations, the counters and the command line
 * (--benchmark_...). Knows nothing of malloc. An iteration is one operation whatever the loop
 * does at a time, so that Google Benchmark's time per iteration is time per operation.
 *
 * Protocol: gbench_add() for each benchmark, then gbench_main() once. A benchmark is run several
 * times with more and more iterations, each time in new threads (one alone: the main thread).
 * They run in the order in which they were added.
 */
#ifndef RUNNER_MICRO_GBENCH_SHIM_H
#define RUNNER_MICRO_GBENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gbench_state;

/* Called in each thread. What it does before its first gbench_goes_on() is not measured, and it
 * returns when that is false. */
typedef void gbench_run(struct gbench_state *state, const void *context);

/* name, label and context are kept as they are: they must live as long as the process. The label
 * says to a person what one operation is. */
void gbench_add(const char *name, const char *label, gbench_run *run, const void *context,
                int threads);

/* True: do `ops` operations, then ask again. All threads of a benchmark are told the same number
 * of times. ops > 0, the same in all calls. */
bool gbench_goes_on(struct gbench_state *state, int64_t ops);

/* Of the calling thread: 0 .. threads - 1. */
int gbench_thread(const struct gbench_state *state);

/* Does what the command line says. `help` comes before Google Benchmark's own. Returns the exit
 * code of the process: 0, or 2 for a bad command line or a filter that matches nothing.
 * --announce tells each benchmark on stderr as it begins, so that a crash has a name. */
int gbench_main(int argc, char **argv, const char *help);

#ifdef __cplusplus
}
#endif

#endif
