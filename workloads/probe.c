#define _GNU_SOURCE
#include "workloads/probe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workloads/clock.h"
#include "workloads/latency.h"
#include "workloads/page.h"

/* One per worker, from probe_memory(). */
struct worker {
    pthread_t thread;
    unsigned index;
    uint64_t start_ns, end_ns;
};

static struct {
    const struct options *options;
    const struct probe_job *job;
    /* 0 = no limit. Set when the phase has begun, so that it lasts as long as was asked for; a
     * worker that is ahead reads 0 for a moment and goes on. Nothing else is ordered by it. */
    _Atomic uint64_t deadline_ns;
    uint64_t harness_bytes;
    pthread_barrier_t start, stop, clean;
    struct work_page *page;
} probe;

uint64_t probe_clock_ns(void)
{
    return clock_now_ns();
}

bool probe_time_is_up(void)
{
    uint64_t deadline_ns = atomic_load_explicit(&probe.deadline_ns, memory_order_relaxed);
    return deadline_ns != 0 && probe_clock_ns() >= deadline_ns;
}

static void tell(_Atomic uint64_t *member, uint64_t number)
{
    atomic_store_explicit(member, number, memory_order_relaxed);
}

void probe_progress(uint64_t ops)
{
    atomic_fetch_add_explicit(&probe.page->head.ops, ops, memory_order_relaxed);
}

void probe_set_ops(uint64_t ops)
{
    tell(&probe.page->head.ops, ops);
}

static void set_phase(enum work_phase phase)
{
    atomic_store_explicit(&probe.page->head.phase, phase, memory_order_relaxed);
}

/* What the kernel could give without swapping, or SIZE_MAX when it does not say. */
static size_t available_memory(void)
{
    static const char key[] = "MemAvailable:";
    char text[1024];
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, key);
    return line ? strtoull(line + sizeof key - 1, NULL, 10) * 1024 : SIZE_MAX;
}

void *probe_memory(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t rounded = (bytes + page - 1) & ~(page - 1);
    void *memory = MAP_FAILED;
    errno = ENOMEM;
    /* Populating all that there is would get this process, or another, killed. */
    size_t limit = available_memory() / 2;
    if (rounded >= bytes && rounded > 0 && probe.harness_bytes + rounded < limit) {
        memory = mmap(NULL, rounded, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    }
    if (memory == MAP_FAILED) {
        fprintf(stderr, "cannot map %zu bytes for the workload's own tables: %s; ask for less\n",
                bytes, strerror(errno));
        exit(EXIT_USAGE);
    }
    probe.harness_bytes += rounded;
    return memory;
}

_Noreturn void probe_out_of_memory(size_t bytes)
{
    fprintf(stderr, "malloc(%zu) returned NULL: %s\n", bytes, strerror(errno));
    _exit(EXIT_CORRUPT);
}

static uint64_t read_minflt(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

static uint64_t read_peak_rss(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* Second number of statm, in pages. Read without stdio, which would allocate. */
uint64_t probe_rss(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    const char *second = strchr(text, ' ');
    return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    const struct probe_job *job = probe.job;
    pthread_barrier_wait(&probe.start);
    worker->start_ns = probe_clock_ns();
    job->run(job->context, worker->index);
    worker->end_ns = probe_clock_ns();
    latency_thread_end();
    pthread_barrier_wait(&probe.stop);
    /* The main thread reads the counters between these two barriers. */
    pthread_barrier_wait(&probe.clean);
    if (job->clean) {
        job->clean(job->context, worker->index);
    }
    return NULL;
}

static void start_threads(struct worker *workers, unsigned count)
{
    pthread_barrier_init(&probe.start, NULL, count + 1);
    pthread_barrier_init(&probe.stop, NULL, count + 1);
    pthread_barrier_init(&probe.clean, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        workers[i].index = i;
        int error = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (error != 0) {
            fprintf(stderr, "cannot create thread %u of %u: %s; ask for fewer --threads\n", i + 1,
                    count, strerror(error));
            exit(EXIT_USAGE);
        }
    }
}

static void set_deadline(uint64_t now_ns)
{
    uint64_t duration_ns = probe.options->duration_ns;
    uint64_t deadline_ns = duration_ns > 0 ? now_ns + duration_ns : 0;
    atomic_store_explicit(&probe.deadline_ns, deadline_ns, memory_order_relaxed);
}

static void begin_phase(const struct probe_reading *reading)
{
    struct work_head *head = &probe.page->head;
    tell(&head->minflt_start, reading->minflt_start);
    tell(&head->start_ns, probe_clock_ns());
    latency_thread_begin();
    set_phase(WORK_MEASURED);
}

/* By the main thread, when no worker works and none has begun to free what is left. */
static void end_phase(void)
{
    tell(&probe.page->head.end_ns, probe_clock_ns());
    set_phase(WORK_AFTER);
    latency_finish();
}

static void measure_alone(const struct probe_job *job, struct probe_reading *reading)
{
    uint64_t start_ns = probe_clock_ns();
    set_deadline(start_ns);
    job->run(job->context, 0);
    reading->elapsed_ns = probe_clock_ns() - start_ns;
    latency_thread_end();
    end_phase();
    reading->minflt_phase = read_minflt() - reading->minflt_start;
    if (job->clean) {
        job->clean(job->context, 0);
    }
}

static void measure_threads(const struct probe_job *job, struct worker *workers,
                            struct probe_reading *reading)
{
    pthread_barrier_wait(&probe.start);
    uint64_t first_ns = probe_clock_ns();
    set_deadline(first_ns);
    if (job->lead) {
        job->lead(job->context);
    }
    uint64_t last_ns = probe_clock_ns();
    latency_thread_end();
    pthread_barrier_wait(&probe.stop);
    end_phase();
    reading->minflt_phase = read_minflt() - reading->minflt_start;
    pthread_barrier_wait(&probe.clean);
    for (unsigned i = 0; i < job->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        first_ns = workers[i].start_ns < first_ns ? workers[i].start_ns : first_ns;
        last_ns = workers[i].end_ns > last_ns ? workers[i].end_ns : last_ns;
    }
    reading->elapsed_ns = last_ns - first_ns;
}

struct probe_reading probe_measure(const struct options *options, const struct probe_job *job)
{
    assert(job->threads > 0);
    assert(!probe.job);
    struct probe_reading reading = {.elapsed_ns = 0};
    struct worker *workers = NULL;
    bool alone = job->threads == 1 && !job->lead;
    probe.options = options;
    probe.job = job;
    probe.page = page_attach(LATENCY_PAGE_BYTES);
    latency_prepare(probe.page);
    if (!alone) {
        workers = probe_memory(job->threads * sizeof *workers);
        start_threads(workers, job->threads);
    }
    reading.harness_bytes = probe.harness_bytes;
    reading.rss_start = probe_rss();
    reading.minflt_start = read_minflt();
    begin_phase(&reading);
    if (alone) {
        measure_alone(job, &reading);
    } else {
        measure_threads(job, workers, &reading);
    }
    reading.rss_end = probe_rss();
    tell(&probe.page->head.minflt_phase, reading.minflt_phase);
    tell(&probe.page->head.rss_end, reading.rss_end);
    /* The kernel brings its maximum up to date only now and then: it can lag behind. */
    reading.peak_rss = read_peak_rss();
    if (reading.peak_rss < reading.rss_end) {
        reading.peak_rss = reading.rss_end;
    }
    return reading;
}
