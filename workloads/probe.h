/* probe: the frame in which every workload runs and is measured.
 *
 * Owns the clock, the threads, the memory of the harness itself and the process's page-fault and
 * memory readings. Knows nothing of a workload but the functions that it is given. During the
 * measured phase it calls no malloc: its memory comes from mmap, populated beforehand, so that the
 * faults and bytes that are counted are the allocator's and the workload's.
 *
 * Protocol: options_parse(), take memory with probe_memory(), then probe_measure() once. */
#ifndef WORKLOADS_PROBE_H
#define WORKLOADS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/options.h"

/* What was measured. Bytes, nanoseconds and soft page faults of the whole process. */
struct probe_reading {
    uint64_t elapsed_ns;   /* first thread's start to last thread's end of the measured phase */
    uint64_t minflt_start; /* before the phase */
    uint64_t minflt_phase; /* during it */
    uint64_t rss_start, rss_end; /* before the phase; after everything was freed */
    uint64_t peak_rss;
    uint64_t harness_bytes; /* taken by probe_memory(): part of every RSS above */
};

struct probe_job {
    /* The measured phase of thread `index`, and afterwards, unmeasured, the same thread's freeing
     * of what it still holds. clean may be NULL. */
    void (*run)(void *context, unsigned index);
    void (*clean)(void *context, unsigned index);
    /* Runs in the calling thread during the measured phase, beside the workers. May be NULL. */
    void (*lead)(void *context);
    void *context;
    unsigned threads;
};

/* Monotonic nanoseconds. Thread-safe. */
uint64_t probe_clock_ns(void);

/* Zeroed, page-aligned, populated memory outside malloc, for ever. Ends the process with
 * EXIT_USAGE and a message when the system refuses. For the time before probe_measure(). */
void *probe_memory(size_t bytes);

/* Runs the job: all threads start together once all exist. A job of one worker without lead runs
 * in the calling thread, so that the process really is single-threaded. */
struct probe_reading probe_measure(const struct options *options, const struct probe_job *job);

/* So many operations more are done. Told in the page (page.h), where it outlives the process; an
 * atomic addition, so once in some thousand operations. Thread-safe. */
void probe_progress(uint64_t ops);

/* All operations that were done, once that is known exactly. */
void probe_set_ops(uint64_t ops);

/* Resident bytes of the process now; 0 when the system does not say. Thread-safe. */
uint64_t probe_rss(void);

/* Whether a run by time is over; never true for a run by work. Reads the clock, so ask now and
 * then only. Valid within the measured phase. Thread-safe. */
bool probe_time_is_up(void);

/* Ends the process with EXIT_CORRUPT: malloc returned NULL. Thread-safe. */
_Noreturn void probe_out_of_memory(size_t bytes);

#endif
