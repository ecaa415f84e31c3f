/* settle: what a process keeps once it has freed everything and does next to nothing.
 *
 * Owns the light activity after the measured phase, a burst of mixed blocks every now and then, as
 * a program has that waits for its next task. Allocators that give memory back only when they are
 * called get their chance by it. Single-threaded. */
#ifndef WORKLOADS_RAMP_SETTLE_H
#define WORKLOADS_RAMP_SETTLE_H

#include <stdint.h>

struct settled {
    uint64_t rss;       /* resident bytes at the end */
    uint64_t fallen_ns; /* until RSS was at most 1.2 times rss_start; 0 = it never was */
    uint64_t took_ns;
};

/* Watches RSS for 2 s, or until it is within 5 % of rss_start. */
struct settled settle(uint64_t seed, uint64_t rss_start);

#endif
