#define _GNU_SOURCE
#include "runner/pages.h"

#include "runner/latency.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Descriptors of the child, beside CHILD_IDENTITY_FD. */
enum { WORK_FD = 98 };

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

int pages_open(struct pages *pages, struct problem *problem)
{
    *pages = (struct pages){.work = {.fd = -1, .as = WORK_FD}};
    pages->work_page =
        make_page("hakbench-work", sizeof *pages->work_page, &pages->work.fd, problem);
    if (pages->work_page == NULL) {
        pages_close(pages);
        return -1;
    }
    struct work_head *head = &pages->work_page->head;
    head->version = WORK_PAGE_VERSION;
    head->bytes = (uint32_t)sizeof *pages->work_page;
    head->magic = WORK_PAGE_MAGIC;
    return 0;
}

void pages_close(struct pages *pages)
{
    if (pages->work_page != NULL)
        munmap(pages->work_page, sizeof *pages->work_page);
    if (pages->work.fd >= 0)
        close(pages->work.fd);
    *pages = (struct pages){.work.fd = -1};
}

void pages_add_environment(struct arena *arena, const struct pages *pages,
                           struct strings *environment)
{
    strings_add(arena, environment,
                arena_printf(arena, WORK_PAGE_ENVIRONMENT "=%d", pages->work.as));
}

bool pages_own_entry(const char *entry)
{
    static const char *const names[] = {WORK_PAGE_ENVIRONMENT "="};
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

void pages_read(struct arena *arena, const struct pages *pages, int64_t ended_ns,
                struct sample *sample)
{
    enum { KPIS_MAX = 64 };
    const struct work_page *work = pages->work_page;
    struct details *details = &sample->details;
    struct kpi *kpis = arena_alloc(arena, KPIS_MAX * sizeof *kpis);
    details->kpis = kpis;
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
