#include "allocator/large/runs.h"

#include <stdatomic.h>
#include <stddef.h>

#include "allocator/base/bitmap.h"
#include "allocator/base/os.h"

#define GRANULES ((uint32_t)(HAK_WINDOW / 2 / HAK_SLAB))
#define TABLES   (GRANULES / RUNS_TABLE)
#define EXACT    32u /* bins of one length */
#define BINS     192u
#define LOOK     32u        /* runs that a search looks at */
#define LOOK_BIN 8u         /* of one bin */
#define STRETCH  4096u      /* granules of a run that one look at it goes through */
#define MOST     64u        /* granules that one system call gives back: 4 MiB */
#define NEVER    UINT32_MAX /* in freed_at: the system has refused to take its memory back */

struct table {
    uint64_t dirty[RUNS_TABLE / 64];
    struct granule granule[RUNS_TABLE];
};

static struct table *_Atomic tables[TABLES];

static struct bins {
    uint64_t filled[BINS / 64];
    uint32_t first[BINS]; /* granule + 1 */
} bins[2];                /* OPEN, HOLLOW */

static struct {
    uint32_t first, last; /* granule + 1 */
    uint32_t count;
    uint32_t left; /* of this round */
    uint32_t
        resume; /* the granule where the last look at the first of them broke off; 0: nowhere */
    bool seen;  /* dirty ones before that */
} dirty_runs;

#if HAK_DEBUG
uint64_t runs_steps;
#define STEP() runs_steps++
#else
#define STEP() (void)0
#endif

/* --- tables ----------------------------------------------------------------------------------- */

static struct table *table_of(uint32_t granule)
{
    uint32_t number = granule >> RUNS_TABLE_SHIFT;
    return number < TABLES ? atomic_load_explicit(&tables[number], memory_order_acquire) : NULL;
}

bool runs_prepare(uint32_t first, uint32_t count)
{
    for (uint32_t n = first >> RUNS_TABLE_SHIFT; n <= (first + count - 1) >> RUNS_TABLE_SHIFT;
         n++) {
        if (n >= TABLES)
            return false;
        if (atomic_load_explicit(&tables[n], memory_order_relaxed))
            continue;
        struct table *table = os_map(NULL, (sizeof *table + HAK_PAGE - 1) & ~(HAK_PAGE - 1));
        if (!table)
            return false;
        /* Release: who looks a pointer up finds the table zeroed. */
        atomic_store_explicit(&tables[n], table, memory_order_release);
    }
    return true;
}

struct granule *granule_at(uint32_t granule)
{
    struct table *table = table_of(granule);
    return table ? &table->granule[granule & (RUNS_TABLE - 1)] : NULL;
}

/* Of a granule that is known to have a table. */
static struct granule *entry(uint32_t granule)
{
    return &table_of(granule)->granule[granule & (RUNS_TABLE - 1)];
}

static bool is_dirty(uint32_t granule)
{
    return bitmap_all(table_of(granule)->dirty, RUNS_TABLE, granule & (RUNS_TABLE - 1), 1);
}

static void set_dirty(uint32_t first, uint32_t count, bool value)
{
    while (count) {
        uint32_t at = first & (RUNS_TABLE - 1);
        uint32_t n = RUNS_TABLE - at < count ? RUNS_TABLE - at : count;
        bitmap_set(table_of(first)->dirty, at, n, value);
        first += n;
        count -= n;
    }
}

/* The first dirty granule of [first, end); `end` when there is none. */
static uint32_t find_dirty(uint32_t first, uint32_t end)
{
    while (first < end) {
        uint32_t at = first & (RUNS_TABLE - 1);
        uint32_t found = bitmap_find(table_of(first)->dirty, RUNS_TABLE, at, true);
        first += found - at;
        if (found < RUNS_TABLE)
            break;
    }
    return first < end ? first : end;
}

/* --- lists ------------------------------------------------------------------------------------ */

/* The bin that runs of a length stand in. */
static uint32_t bin_of(uint32_t length)
{
    if (length <= EXACT)
        return length - 1;
    uint32_t shift = 28u - (uint32_t)__builtin_clz(length);
    return EXACT + (shift - 2) * 8 + (length >> shift) - 8;
}

static struct bins *bins_of(enum run_kind kind)
{
    return &bins[kind - RUN_OPEN];
}

static void bin_add(uint32_t first, uint32_t length, enum run_kind kind)
{
    struct bins *set = bins_of(kind);
    uint32_t bin = bin_of(length);
    struct granule *start = entry(first);
    start->bin[0] = set->first[bin];
    start->bin[1] = 0;
    if (set->first[bin])
        entry(set->first[bin] - 1)->bin[1] = first + 1;
    set->first[bin] = first + 1;
    bitmap_set(set->filled, bin, 1, true);
}

static void bin_remove(uint32_t first, uint32_t length, enum run_kind kind)
{
    struct bins *set = bins_of(kind);
    uint32_t bin = bin_of(length);
    struct granule *start = entry(first);
    if (start->bin[1])
        entry(start->bin[1] - 1)->bin[0] = start->bin[0];
    else
        set->first[bin] = start->bin[0];
    if (start->bin[0])
        entry(start->bin[0] - 1)->bin[1] = start->bin[1];
    if (!set->first[bin])
        bitmap_set(set->filled, bin, 1, false);
}

static void list_prepend(uint32_t first)
{
    struct granule *start = entry(first);
    start->list[0] = dirty_runs.first;
    start->list[1] = 0;
    if (dirty_runs.first)
        entry(dirty_runs.first - 1)->list[1] = first + 1;
    else
        dirty_runs.last = first + 1;
    dirty_runs.first = first + 1;
    dirty_runs.count++;
    dirty_runs.resume = 0;
    start->listed = true;
}

static void list_append(uint32_t first)
{
    struct granule *start = entry(first);
    start->list[0] = 0;
    start->list[1] = dirty_runs.last;
    if (dirty_runs.last)
        entry(dirty_runs.last - 1)->list[0] = first + 1;
    else
        dirty_runs.first = first + 1;
    dirty_runs.last = first + 1;
    dirty_runs.count++;
    start->listed = true;
}

static void list_remove(uint32_t first)
{
    struct granule *start = entry(first);
    if (dirty_runs.first == first + 1)
        dirty_runs.resume = 0;
    if (start->list[1])
        entry(start->list[1] - 1)->list[0] = start->list[0];
    else
        dirty_runs.first = start->list[0];
    if (start->list[0])
        entry(start->list[0] - 1)->list[1] = start->list[1];
    else
        dirty_runs.last = start->list[1];
    dirty_runs.count--;
    start->listed = false;
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Takes the run that begins at `first` out of everything. Returns whether it was a dirty one. */
static bool remove_run(uint32_t first, uint32_t length, enum run_kind kind)
{
    struct granule *start = entry(first);
    hak_assert(start->run == length && entry(first + length - 1)->run == length);
    bool listed = start->listed;
    bin_remove(first, length, kind);
    if (listed)
        list_remove(first);
    start->run = 0;
    entry(first + length - 1)->run = 0;
    return listed;
}

/* Makes a run of granules that are in none, together with its neighbours of the same kind. Returns
 * where it begins. */
static uint32_t add_run(uint32_t first, uint32_t length, enum run_kind kind, bool dirty)
{
    struct granule *before = first ? granule_at(first - 1) : NULL;
    if (before && before->run && before->kind == kind) {
        uint32_t more = before->run;
        first -= more;
        length += more;
        dirty |= remove_run(first, more, kind);
    }
    struct granule *after = granule_at(first + length);
    if (after && after->run && after->kind == kind) {
        uint32_t more = after->run;
        dirty |= remove_run(first + length, more, kind);
        length += more;
    }
    struct granule *start = entry(first), *end = entry(first + length - 1);
    start->run = end->run = length;
    start->kind = end->kind = (uint8_t)kind;
    bin_add(first, length, kind);
    if (dirty)
        list_append(first);
    return first;
}

void runs_put(uint32_t first, uint32_t count, enum run_kind kind)
{
    add_run(first, count, kind, false);
}

void runs_put_dirty(uint32_t first, uint32_t count, uint32_t tick)
{
    for (uint32_t i = first; i < first + count; i++)
        entry(i)->freed_at = tick;
    set_dirty(first, count, true);
    add_run(first, count, RUN_OPEN, true);
}

/* Takes the first `count` granules of the run that begins at `first`. The rest is a run again, and
 * counts as dirty if the whole did: the next look at it will tell. */
static bool cut(uint32_t first, uint32_t length, uint32_t count, enum run_kind kind)
{
    bool dirty = remove_run(first, length, kind);
    if (length > count)
        add_run(first + count, length - count, kind, dirty);
    bool clean = find_dirty(first, first + count) == first + count;
    if (!clean)
        set_dirty(first, count, false);
    return clean;
}

/* The lowest run of those that it looks at and that are long enough, as granule + 1; 0: none. Where
 * there are few runs it looks at all, and low places keep the heap dense. Runs of the bin that the
 * length itself falls into may be too short; of the bins above, all fit. */
static uint32_t find_run(const struct bins *set, uint32_t count)
{
    uint32_t best = 0, looks = 0;
    uint32_t bin = bitmap_find(set->filled, BINS, bin_of(count), true);
    while (bin < BINS && looks < LOOK) {
        uint32_t of_bin = 0;
        for (uint32_t at = set->first[bin]; at && of_bin < LOOK_BIN; of_bin++) {
            const struct granule *start = entry(at - 1);
            STEP();
            if (start->run >= count && (!best || at < best))
                best = at;
            at = start->bin[0];
        }
        looks += of_bin;
        bin = bitmap_find(set->filled, BINS, bin + 1, true);
    }
    /* The last bin surely has one that fits, if any has. */
    return best || bin >= BINS ? best : set->first[bin];
}

bool runs_take(uint32_t count, enum run_kind kind, uint32_t *first, bool *clean)
{
    uint32_t found = find_run(bins_of(kind), count);
    if (!found)
        return false;
    *first = found - 1;
    *clean = cut(*first, entry(*first)->run, count, kind);
    return true;
}

bool runs_take_at(uint32_t first, uint32_t count)
{
    struct granule *start = granule_at(first);
    if (!start || start->run < count || start->kind != RUN_OPEN)
        return false;
    cut(first, start->run, count, RUN_OPEN);
    return true;
}

/* --- purging ---------------------------------------------------------------------------------- */

/* Dirty granules of a run that are due; or why there are none. */
struct look {
    uint32_t at, count;
    bool dirty;  /* some of its granules are dirty */
    bool broken; /* not looked at to its end */
};

/* Looks at the first run of the list, from where the last look broke off. */
static struct look look_at_run(uint32_t first, uint32_t end, uint32_t tick, struct budget *budget)
{
    struct look look = {.at = first};
    uint32_t from = first;
    if (dirty_runs.resume > first && dirty_runs.resume < end) {
        from = dirty_runs.resume;
        look.dirty = dirty_runs.seen;
    }
    uint32_t stop = end - from > STRETCH ? from + STRETCH : end;
    uint32_t most = budget->left / HAK_SLAB < MOST ? (uint32_t)(budget->left / HAK_SLAB) : MOST;
    budget_spend(budget, BUDGET_STEP);
    STEP();
    for (uint32_t i = find_dirty(from, stop); i < stop && !look.count;
         i = find_dirty(i + 1, stop)) {
        STEP();
        look.dirty = true;
        look.at = i;
        while (i + look.count < end && look.count < (most ? most : 1) && is_dirty(i + look.count) &&
               entry(i + look.count)->freed_at <= tick)
            look.count++;
        budget_spend(budget, BUDGET_STEP / 32);
    }
    look.broken = !look.count && stop < end;
    dirty_runs.resume = look.broken ? stop : 0;
    dirty_runs.seen = look.dirty;
    return look;
}

uint32_t runs_take_dirty(uint32_t tick, struct budget *budget, uint32_t *first)
{
    if (!dirty_runs.left)
        dirty_runs.left = dirty_runs.count;
    while (dirty_runs.left && dirty_runs.first && !budget_is_spent(budget)) {
        uint32_t start = dirty_runs.first - 1, end = start + entry(start)->run;
        struct look look = look_at_run(start, end, tick, budget);
        if (look.count) {
            remove_run(start, end - start, RUN_OPEN);
            if (look.at > start)
                add_run(start, look.at - start, RUN_OPEN, true);
            if (look.at + look.count < end)
                add_run(look.at + look.count, end - look.at - look.count, RUN_OPEN, true);
            *first = look.at;
            return look.count;
        }
        if (look.broken)
            continue;
        list_remove(start);
        if (look.dirty)
            list_append(start);
        dirty_runs.left--;
    }
    if (!dirty_runs.first)
        dirty_runs.left = 0;
    budget->more |= dirty_runs.left > 0;
    return 0;
}

/* What is left of the run becomes the first of the list again, to be looked at from behind these
 * granules. */
void runs_put_purged(uint32_t first, uint32_t count, enum run_kind kind)
{
    if (kind != RUN_NONE)
        set_dirty(first, count, false);
    else
        for (uint32_t i = first; i < first + count; i++)
            entry(i)->freed_at = NEVER;
    uint32_t start = add_run(first, count, kind ? kind : RUN_OPEN, !kind);
    if (!entry(start)->listed)
        return;
    list_remove(start);
    list_prepend(start);
    dirty_runs.resume = first + count;
    dirty_runs.seen = true;
}

bool runs_take_any(uint32_t *first, uint32_t *count, bool *clean)
{
    uint32_t bin = bitmap_find(bins[0].filled, BINS, 0, true);
    if (bin >= BINS)
        return false;
    *first = bins[0].first[bin] - 1;
    *count = entry(*first)->run;
    *clean = cut(*first, *count, *count, RUN_OPEN);
    return true;
}
