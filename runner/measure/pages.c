#define _GNU_SOURCE
#include "runner/measure/pages.h"

#include "runner/measure/latency.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Descriptors of the child, beside CHILD_IDENTITY_FD. */
enum { WORK_FD = 98, KPI_FD = 99 };

/* A memfd of so many bytes, mapped. Untouched pages of it take no memory. */
static void *make_page(const char *name, size_t bytes, int *fd, struct problem *problem)
{
    *fd = memfd_create(name, MFD_CLOEXEC);
    void *page = MAP_FAILED;
    if (*fd >= 0 && ftruncate(*fd, (off_t)bytes) == 0)
        page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (page != MAP_FAILED)
        return page;
    problem_set(problem,
                "cannot make a page to share with a process (memfd): %s: --no-kpi does "
                "without",
                strerror(errno));
    return NULL;
}

enum { WORK, ALLOCATOR };

int pages_open(struct pages *pages, struct problem *problem)
{
    *pages = (struct pages){.descriptors = {{.fd = -1, .as = WORK_FD}, {.fd = -1, .as = KPI_FD}}};
    pages->work =
        make_page("hakbench-work", sizeof *pages->work, &pages->descriptors[WORK].fd, problem);
    if (pages->work != NULL)
        pages->allocator = make_page("hakbench-kpi", sizeof *pages->allocator,
                                     &pages->descriptors[ALLOCATOR].fd, problem);
    if (pages->allocator == NULL) {
        pages_close(pages);
        return -1;
    }
    struct work_head *head = &pages->work->head;
    head->version = WORK_PAGE_VERSION;
    head->bytes = (uint32_t)sizeof *pages->work;
    head->magic = WORK_PAGE_MAGIC;
    pages->allocator->version = HAK_KPI_VERSION;
    pages->allocator->magic = HAK_KPI_MAGIC;
    return 0;
}

void pages_close(struct pages *pages)
{
    if (pages->work != NULL)
        munmap(pages->work, sizeof *pages->work);
    if (pages->allocator != NULL)
        munmap(pages->allocator, sizeof *pages->allocator);
    for (int i = WORK; i <= ALLOCATOR; i++)
        if (pages->descriptors[i].fd >= 0)
            close(pages->descriptors[i].fd);
    *pages = (struct pages){.descriptors = {{.fd = -1}, {.fd = -1}}};
}

void pages_add_environment(struct arena *arena, const struct pages *pages,
                           struct strings *environment)
{
    strings_add(arena, environment,
                arena_printf(arena, WORK_PAGE_ENVIRONMENT "=%d", pages->descriptors[WORK].as));
    strings_add(arena, environment,
                arena_printf(arena, HAK_KPI_ENVIRONMENT "=%d", pages->descriptors[ALLOCATOR].as));
}

bool pages_own_entry(const char *entry)
{
    static const char *const names[] = {WORK_PAGE_ENVIRONMENT "=", HAK_KPI_ENVIRONMENT "="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int64_t load(const _Atomic uint64_t *member)
{
    return (int64_t)atomic_load_explicit(member, memory_order_relaxed);
}

/* What a process that was killed, or failed, had done by then. */
static void tell_progress(struct arena *arena, const struct work_head *head, int64_t ended_ns,
                          struct sample *sample)
{
    static const char *const phases[] = {"before", "in", "after"};
    const uint32_t phase = atomic_load_explicit(&head->phase, memory_order_relaxed);
    const int64_t start_ns = load(&head->start_ns), end_ns = load(&head->end_ns);
    sample->ops = load(&head->ops);
    if (start_ns > 0) {
        sample->elapsed_ns = (end_ns > 0 ? end_ns : ended_ns) - start_ns;
        sample->minflt_start = load(&head->minflt_start);
    }
    sample->reason = arena_printf(arena,
                                  "%s; %lld operations were done, it was %s the measured "
                                  "phase",
                                  sample->reason, (long long)sample->ops,
                                  phases[phase <= WORK_AFTER ? phase : WORK_AFTER]);
}

static void add_kpi(struct details *details, struct kpi *kpis, const char *name, int64_t value)
{
    kpis[details->kpi_count++] = (struct kpi){.name = name, .value = value};
}

#define NAME(constant, text) text,
static const char *const number_names[] = {HAK_KPI_NUMBERS(NAME)};
static const char *const counter_names[] = {HAK_KPI_THREAD_COUNTERS(NAME)};
#undef NAME
#define NAME(layer, tag) "event." layer "." tag,
static const char *const event_names[] = {HAK_FAIL_KINDS(NAME)};
#undef NAME

enum { WORK_KPIS = 3, DERIVED_KPIS = 1 };
enum {
    KPIS_MAX = WORK_KPIS + DERIVED_KPIS + (int)HAK_KPI_NUMBER_COUNT + (int)HAK_KPI_THREAD_COUNT +
               (int)HAK_FAIL_KIND_COUNT
};

/* What the tiers hold of the system's memory, in use or not. */
static int64_t held_bytes(const struct hak_kpi_page *page)
{
    static const enum hak_kpi_number parts[] = {HAK_KPI_POOL_BYTES_USED,  HAK_KPI_POOL_BYTES_IDLE,
                                                HAK_KPI_ACE_BYTES_USED,   HAK_KPI_ACE_BYTES_CACHED,
                                                HAK_KPI_SPAN_BYTES_USED,  HAK_KPI_HUGE_BYTES_USED,
                                                HAK_KPI_HUGE_BYTES_CACHED};
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += load(&page->numbers[parts[i]]);
    return sum;
}

/* Of an allocator that has claimed its page. One that knows nothing of it has no KPIs. */
static void read_allocator(const struct hak_kpi_page *page, struct details *details,
                           struct kpi *kpis)
{
    if (page->owner == 0 || page->magic != HAK_KPI_MAGIC)
        return;
    for (int i = 0; i < (int)HAK_KPI_THREAD_COUNT; i++) {
        int64_t sum = 0;
        for (int slot = 0; slot < HAK_KPI_SLOTS; slot++)
            sum += load(&page->slots[slot][i]);
        add_kpi(details, kpis, counter_names[i], sum);
    }
    for (int i = 0; i < (int)HAK_KPI_NUMBER_COUNT; i++)
        add_kpi(details, kpis, number_names[i], load(&page->numbers[i]));
    add_kpi(details, kpis, "held.bytes", held_bytes(page));
    for (int i = 0; i < (int)HAK_FAIL_KIND_COUNT; i++) /* Most are 0, and all the same. */
        if (load(&page->events[i]) > 0)
            add_kpi(details, kpis, event_names[i], load(&page->events[i]));
}

static void read_work(struct arena *arena, const struct work_page *work, int64_t ended_ns,
                      struct sample *sample, struct kpi *kpis)
{
    struct details *details = &sample->details;
    const uint32_t phase = atomic_load_explicit(&work->head.phase, memory_order_relaxed);
    if (phase == WORK_STARTING && load(&work->head.ops) == 0)
        return; /* A program that knows nothing of the page, or one that did not begin. */
    add_kpi(details, kpis, "work.ops", load(&work->head.ops));
    add_kpi(details, kpis, "work.phase", phase);
    if (work->head.ns_per_tick > 0)
        add_kpi(details, kpis, "work.clock_step_ps",
                (int64_t)(work->head.step_ticks * work->head.ns_per_tick * 1000));
    struct latency *latencies = arena_alloc(arena, WORK_OPERATIONS * sizeof *latencies);
    details->latency_count = latency_read(arena, work, latencies);
    details->latencies = latencies;
    if (sample->status != SAMPLE_OK && sample->status != SAMPLE_VOID && sample->ops < 0)
        tell_progress(arena, &work->head, ended_ns, sample);
}

void pages_read(struct arena *arena, const struct pages *pages, int64_t ended_ns,
                struct sample *sample)
{
    struct kpi *kpis = arena_alloc(arena, KPIS_MAX * sizeof *kpis);
    sample->details.kpis = kpis;
    read_work(arena, pages->work, ended_ns, sample, kpis);
    read_allocator(pages->allocator, &sample->details, kpis);
}
