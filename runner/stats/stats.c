#include "runner/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void stats_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
}

static double *sorted_copy(const double *values, size_t count)
{
    double *copy = malloc(count * sizeof *copy);
    if (copy == NULL)
        abort();
    memcpy(copy, values, count * sizeof *copy);
    stats_sort(copy, count);
    return copy;
}

static double median_of_sorted(const double *sorted, size_t count)
{
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double stats_median(const double *values, size_t count)
{
    double *sorted = sorted_copy(values, count);
    const double median = median_of_sorted(sorted, count);
    free(sorted);
    return median;
}

/* P(B <= k) for B binomial(n, 1/2), by summing the terms from the small end. */
static double fair_binomial_cdf(size_t n, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i <= k; i++) {
        const double nd = (double)n, id = (double)i;
        sum += exp(lgamma(nd + 1) - lgamma(id + 1) - lgamma(nd - id + 1) - nd * log(2));
    }
    return sum;
}

struct interval stats_median_interval(const double *values, size_t count, double confidence)
{
    double *sorted = sorted_copy(values, count);
    /* [x(k+1), x(n-k)] misses the median when at most k values lie on one side of it. */
    size_t k = 0;
    while (2 * (k + 2) <= count && 1 - 2 * fair_binomial_cdf(count, k + 1) >= confidence)
        k++;
    const struct interval result = {
        .estimate = median_of_sorted(sorted, count),
        .low = sorted[k],
        .high = sorted[count - 1 - k],
        .coverage = count > 1 ? 1 - 2 * fair_binomial_cdf(count, k) : 0,
    };
    free(sorted);
    return result;
}

/* The null distribution of W: every rank r of 1..n is in the sum or not, with equal chance.
 * Counting subsets one rank at a time: c'[w] = c[w] + c[w-r], here kept as probabilities, so that
 * nothing overflows. Returns n(n+1)/2 + 1 probabilities, NULL when memory ran out. */
static double *signed_rank_probabilities(int n)
{
    const int most = n * (n + 1) / 2;
    double *p = calloc((size_t)most + 1, sizeof *p);
    if (p == NULL)
        return NULL;
    p[0] = 1;
    for (int r = 1, top = 0; r <= n; r++) {
        top += r;
        for (int w = top; w >= 0; w--)
            p[w] = (p[w] + (w >= r ? p[w - r] : 0)) / 2;
    }
    return p;
}

double stats_signed_rank_cdf(int n, int w)
{
    if (n < 1 || n > STATS_SIGNED_RANK_MAX)
        return NAN;
    if (w < 0)
        return 0;
    const int most = n * (n + 1) / 2;
    double *p = signed_rank_probabilities(n);
    if (p == NULL)
        return NAN;
    double sum = 0;
    for (int i = 0; i <= w && i <= most; i++)
        sum += p[i];
    free(p);
    return sum;
}

int stats_signed_rank_critical(int n, double tail)
{
    if (n < 1 || n > STATS_SIGNED_RANK_MAX)
        return -1;
    double *p = signed_rank_probabilities(n);
    if (p == NULL)
        return -1;
    int critical = -1;
    double sum = 0;
    for (int w = 0; w <= n * (n + 1) / 2; w++) {
        sum += p[w];
        if (sum > tail)
            break;
        critical = w;
    }
    free(p);
    return critical;
}

int stats_signed_rank_statistic(const double *differences, int n)
{
    int statistic = 0;
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++)
            statistic += differences[i] + differences[j] > 0;
    return statistic;
}

bool stats_walsh_interval(const double *differences, int n, int critical, struct interval *out)
{
    if (n < 1 || n > STATS_SIGNED_RANK_MAX)
        return false;
    const size_t count = (size_t)n * ((size_t)n + 1) / 2;
    if (critical < 0 || 2 * (size_t)critical >= count)
        return false;
    double *walsh = malloc(count * sizeof *walsh);
    if (walsh == NULL)
        return false;
    size_t at = 0;
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++)
            walsh[at++] = (differences[i] + differences[j]) / 2;
    stats_sort(walsh, count);
    /* W+ of the shifted differences counts the Walsh averages above the shift, so the shifts that
     * a two-sided test does not reject lie between the (critical + 1)-th from either end,
     * counted from one. */
    *out = (struct interval){
        .estimate = median_of_sorted(walsh, count),
        .low = walsh[critical],
        .high = walsh[count - 1 - (size_t)critical],
        .coverage = 1 - 2 * stats_signed_rank_cdf(n, critical),
    };
    free(walsh);
    return true;
}

bool stats_hodges_lehmann(const double *differences, int n, double confidence, struct interval *out)
{
    if (n < STATS_SIGNED_RANK_MIN || n > STATS_SIGNED_RANK_MAX)
        return false;
    const int critical = stats_signed_rank_critical(n, (1 - confidence) / 2);
    return critical >= 0 && stats_walsh_interval(differences, n, critical, out);
}
