/* A budget: how much of a purge one call may do, so that no malloc that happens to purge stops its
 * thread for long.
 *
 * It counts in bytes given back to the system; a system call counts as so many bytes as it costs
 * about as much as, and so do steps that find nothing. */
#ifndef HAK_BUDGET_H
#define HAK_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_ALL  UINT64_MAX   /* has no end */
#define BUDGET_CALL (64ul << 10) /* what a system call counts as */
#define BUDGET_STEP 2048ul       /* what a look at something that is not due counts as */

struct budget {
    uint64_t left;
    bool more; /* there is work left that was not done */
};

static inline bool budget_is_spent(const struct budget *budget)
{
    return budget->left == 0;
}

static inline void budget_spend(struct budget *budget, uint64_t bytes)
{
    if (budget->left != BUDGET_ALL)
        budget->left -= bytes < budget->left ? bytes : budget->left;
}

#endif
