#include "runner/base/random.h"

#include <sys/random.h>
#include <time.h>

struct random random_from_seed(uint64_t seed)
{
    return (struct random){.state = seed};
}

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    /* 2^64 mod limit: numbers below it would make small results more frequent. */
    const uint64_t unfair = -limit % limit;
    uint64_t number;
    do
        number = random_next(random);
    while (number < unfair);
    return number % limit;
}

uint64_t random_fresh_seed(void)
{
    uint32_t bits = 0;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != (ssize_t)sizeof bits) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        bits = (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec;
    }
    bits &= 0x7fffffffu;
    return bits > 0 ? bits : 1;
}
