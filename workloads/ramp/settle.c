#include "workloads/ramp/settle.h"

#include <time.h>

#include "workloads/block.h"
#include "workloads/probe.h"
#include "workloads/rng.h"

#define SETTLE_NS   UINT64_C(2000000000)
#define INTERVAL_NS 10000000
#define BURST       256
#define BYTES_MIN   8
#define BYTES_MAX   (64 * 1024)

static void burst(struct rng *rng)
{
    void *blocks[BURST];
    for (unsigned i = 0; i < BURST; i++) {
        blocks[i] = block_make(block_draw_size(rng, BYTES_MIN, BYTES_MAX), i, false);
    }
    for (unsigned i = 0; i < BURST; i++) {
        free(blocks[i]);
    }
}

struct settled settle(uint64_t seed, uint64_t rss_start)
{
    struct rng rng = rng_start(seed, UINT64_MAX);
    struct settled settled = {.rss = probe_rss()};
    uint64_t start_ns = probe_clock_ns();
    for (;;) {
        settled.rss = probe_rss();
        settled.took_ns = probe_clock_ns() - start_ns;
        if (settled.rss > rss_start + rss_start / 5) {
            settled.fallen_ns = 0;
        } else if (settled.fallen_ns == 0) {
            settled.fallen_ns = settled.took_ns > 0 ? settled.took_ns : 1;
        }
        if (settled.took_ns >= SETTLE_NS || settled.rss <= rss_start + rss_start / 20) {
            return settled;
        }
        burst(&rng);
        /* Nobody is waited for: this only makes the activity light. */
        nanosleep(&(struct timespec){.tv_nsec = INTERVAL_NS}, NULL);
    }
}
