/* frame: what every workload is beside its own idea.
 *
 * Owns the road from main() to the JSON line: the lanes (one a thread) and their memory, the
 * measured run, the sums over the lanes, the check that no block was lost, and what of options and
 * results is printed. Knows nothing of a lane but its first member, struct frame_lane. What it
 * calls, it calls once a lane: loops that are measured are the workload's own.
 *
 * Protocol: main() does nothing but return the result of frame_main() for a static struct frame
 * that describes the workload. */
#ifndef WORKLOADS_FRAME_H
#define WORKLOADS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/options.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"

/* The first member of what a thread owns. Only its own thread may use a lane; a workload's lane
 * type is aligned to 128 bytes, for threads must not share cache lines. */
struct frame_lane {
    /* Filled in by the frame: */
    const struct options *options;
    struct rng rng;      /* a stream of --seed for each lane */
    uint64_t ops_wanted; /* its share of --ops */
    unsigned index;
    bool by_time; /* ops_wanted does not count */
    bool audit;
    /* Set by a lane whose share of the work is chance: its checksum is added as it stands, and not
     * mixed with its index first. */
    bool takes_any;
    /* Counted by the lane, added up by the frame: */
    uint64_t ops, allocs, frees, audit_errors, checksum;
};

enum frame_kind {
    FRAME_SUM,    /* a uint64_t of the lane at `offset`, added up over all lanes */
    FRAME_FIRST,  /* the same of the first lane alone */
    FRAME_NUMBER, /* value points to a uint64_t */
    FRAME_TEXT,   /* value points to a const char *, which must not need escaping */
    FRAME_JSON,   /* likewise, printed as it stands */
};

/* A member of "result". Values are read when the run is over. */
struct frame_result {
    const char *name;
    enum frame_kind kind;
    size_t offset;
    const void *value;
};

struct frame {
    /* With the workload's name and its defaults: one thread unless it says otherwise, seed 1. */
    struct options options;
    /* The workload's own options. Numbers and flags among them are the "params" of the line, by
     * their names without the dashes; a flag "--no-x" is shown as x, turned round. */
    struct {
        const struct option *table;
        size_t count;
    } own;
    struct {
        const struct frame_result *table;
        size_t count;
    } results;
    /* When the options are parsed, before any lane is made: checks what the table cannot express,
     * takes what belongs to all lanes, and may change the rest of the description. May be NULL. */
    void (*prepare)(struct frame *frame);
    struct {
        size_t bytes;
        /* Before the measured phase, in the main thread: takes the lane's tables from
         * probe_memory(). All but the lane's first member is zero. */
        void (*start)(void *lane);
        /* The measured phase of one lane, in its own thread, and afterwards, unmeasured, the same
         * thread's freeing of what it still holds; clean may be NULL. */
        void (*run)(void *lane);
        void (*clean)(void *lane);
    } lane;
    /* Runs in the main thread during the measured phase, beside the lanes. May be NULL. */
    void (*lead)(const struct frame *frame);
    /* Adds to the sums what is no lane's, and settles the values of the results. May be NULL. */
    void (*finish)(const struct frame *frame, struct report *report);
    bool ops_are_allocs; /* an operation is a block made: ops need not be counted */
    bool blocks_cross;   /* lanes free other lanes' blocks: only all of them together are even */
    void *lanes;         /* the frame's: options.threads of them, one behind the other */
};

/* For the members own and results: an array and its length. */
#define FRAME_TABLE(array)                                                                         \
    {                                                                                              \
        array, sizeof(array) / sizeof *(array)                                                     \
    }

/* Parses the command line, makes the lanes, measures them, adds them up, prints the line and
 * returns the exit code. */
int frame_main(struct frame *frame, int argc, char **argv);

/* What falls to one of so many parts; the parts add up to the whole. */
static inline uint64_t frame_share(uint64_t whole, uint64_t parts, uint64_t index)
{
    return whole / parts + (index < whole % parts);
}

/* Whether a lane that has done so many operations is to go on. Looks at the clock in a run by time,
 * so ask once a chunk. */
static inline bool frame_goes_on(const struct frame_lane *lane, uint64_t done)
{
    return lane->by_time ? !probe_time_is_up() : done < lane->ops_wanted;
}

/* The operations of the next chunk: `most`, or what is left of the lane's share. */
static inline uint64_t frame_chunk(const struct frame_lane *lane, uint64_t most)
{
    uint64_t left = lane->ops_wanted - lane->ops;
    return !lane->by_time && left < most ? left : most;
}

/* For operations that are too long for chunks: counts one, tells of every so many, which is when
 * it looks at the clock, and says whether the lane is to go on. */
static inline bool frame_count_op(struct frame_lane *lane, uint64_t every)
{
    lane->ops++;
    if (lane->ops % every != 0) {
        return lane->by_time || lane->ops < lane->ops_wanted;
    }
    probe_progress(every);
    return frame_goes_on(lane, lane->ops);
}

#endif
