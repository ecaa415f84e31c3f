/* number: which number is to be factored.
 *
 * Owns the built-in numbers and what may be given instead. Allocates nothing. */
#ifndef WORKLOADS_CFRAC_NUMBER_H
#define WORKLOADS_CFRAC_NUMBER_H

#include <stdint.h>

#include "workloads/options.h"

#define NUMBER_DIGITS_MAX 70

struct number {
    const char *text; /* decimal digits; NULL: the built-in one of so many digits */
    uint64_t digits;
};

/* From what was asked for to the number that is meant: fills in the other member. Ends the process
 * with a message when there is none. */
void number_choose(struct number *number, const struct options *options);

#endif
