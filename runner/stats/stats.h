/* Order statistics with exact intervals. Pure functions of their arguments, thread-safe.
 *
 * Sources of the formulas: Hollander, Wolfe, Chicken, "Nonparametric Statistical Methods",
 * 3rd ed., 3.2-3.3 (Hodges-Lehmann estimate and signed-rank interval), 3.6 (sign interval).
 */
#ifndef RUNNER_STATS_H
#define RUNNER_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Blocks beyond this would overflow nothing, but need more memory than they add knowledge. */
enum { STATS_SIGNED_RANK_MAX = 1000, STATS_SIGNED_RANK_MIN = 6 };

struct interval {
    double estimate, low, high;
    double coverage; /* what is guaranteed, 0..1; less than asked for when n is too small */
};

void stats_sort(double *values, size_t count);

/* Of sorted or unsorted values; count > 0. Does not change them. */
double stats_median(const double *values, size_t count);

/* The median and the narrowest symmetric interval of order statistics that holds the true median
 * with at least `confidence`. With fewer than six values no interval reaches 95 %: the whole range
 * is given then, and `coverage` says how little that proves. count > 0. */
struct interval stats_median_interval(const double *values, size_t count, double confidence);

/* P(W <= w) of the Wilcoxon signed-rank statistic of n values under "no change". */
double stats_signed_rank_cdf(int n, int w);

/* The largest w with P(W <= w) <= tail, or -1 when there is none. */
int stats_signed_rank_critical(int n, double tail);

/* W+: how many Walsh averages (d_i + d_j) / 2, i <= j, are above 0. It is the sum of the ranks of
 * the positive differences; a zero counts as no slowdown. */
int stats_signed_rank_statistic(const double *differences, int n);

/* Hodges-Lehmann estimate and the limits that leave `critical` Walsh averages outside on either
 * side: the shifts that a test which rejects at W <= critical does not reject. False when n is out
 * of 1..STATS_SIGNED_RANK_MAX, critical below 0 or too large, or memory ran out. */
bool stats_walsh_interval(const double *differences, int n, int critical, struct interval *out);

/* Hodges-Lehmann estimate (median of the Walsh averages) of paired differences and its exact
 * interval. False when n is out of STATS_SIGNED_RANK_MIN..MAX or memory ran out. */
bool stats_hodges_lehmann(const double *differences, int n, double confidence,
                          struct interval *out);

#endif
