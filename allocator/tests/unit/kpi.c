/* The KPI page: what it counts, who may claim it, and what becomes of it at a fork. */
#define _GNU_SOURCE
#include "allocator/tests/unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocator/base/os.h"
#include "allocator/base/size_class.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/shelf.h"
#include "allocator/large/span.h"
#include "allocator/process/alloc.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/superslab.h"

static struct hak_kpi_page *outside; /* as a reader maps it */
static int descriptor;

static void make_page(uint64_t magic, uint32_t version, uint32_t owner, size_t bytes)
{
    const struct hak_kpi_page page = {.magic = magic, .version = version, .owner = owner};
    descriptor = memfd_create("kpi", 0);
    assert_int_equal(write(descriptor, &page, bytes < sizeof page ? bytes : sizeof page),
                     bytes < sizeof page ? bytes : sizeof page);
    outside = mmap(NULL, sizeof page, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    assert_ptr_not_equal(outside, MAP_FAILED);
}

static void drop_page(void)
{
    munmap(outside, sizeof *outside);
    close(descriptor);
}

static uint64_t number(const struct hak_kpi_page *page, enum hak_kpi_number which)
{
    return atomic_load(&page->numbers[which]);
}

static uint64_t count(const struct hak_kpi_page *page, enum hak_kpi_thread_counter which)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < HAK_KPI_SLOTS; slot++)
        sum += atomic_load(&page->slots[slot][which]);
    return sum;
}

static int setup(void **state)
{
    (void)state;
    hak_free(hak_malloc(1));
    return 0;
}

/* Enough blocks to go through refill, drain and pool. */
enum { MANY = 60000, SIZE = 64 };

static void use_front(void)
{
    void **blocks = calloc(MANY, sizeof *blocks);
    for (int i = 0; i < MANY; i++)
        blocks[i] = hak_malloc(SIZE);
    for (int i = 0; i < MANY; i++)
        hak_free(blocks[i]);
    free(blocks);
}

static void slow_paths_are_counted(void **state)
{
    (void)state;
    uint64_t before[HAK_KPI_THREAD_COUNT];
    for (int i = 0; i < HAK_KPI_THREAD_COUNT; i++)
        before[i] = count(&kpi_page, (enum hak_kpi_thread_counter)i);
    use_front();
    /* Each slab is used up, and let go for the next one; the last slab of a SuperSlab may be
     * shorter. */
    const uint64_t slabs = MANY / size_classes[size_class_of(SIZE)].capacity;
    const uint64_t acquired =
        count(&kpi_page, HAK_KPI_POOL_ACQUIRES) - before[HAK_KPI_POOL_ACQUIRES];
    const uint64_t parked = count(&kpi_page, HAK_KPI_POOL_PARKS) - before[HAK_KPI_POOL_PARKS];
    assert_in_range(acquired, slabs - 2, slabs + 6);
    assert_in_range(parked, acquired - 2, acquired);
    assert_true(count(&kpi_page, HAK_KPI_TINY_REFILLS) > before[HAK_KPI_TINY_REFILLS] + acquired);
    assert_true(count(&kpi_page, HAK_KPI_TINY_DRAINS) > before[HAK_KPI_TINY_DRAINS]);
    assert_int_equal(count(&kpi_page, HAK_KPI_TINY_SPILLS) > before[HAK_KPI_TINY_SPILLS],
                     HAK_FRONT_CACHE);
    hak_trim();
    assert_true(count(&kpi_page, HAK_KPI_TINY_FLUSHES) > before[HAK_KPI_TINY_FLUSHES]);
    assert_true(count(&kpi_page, HAK_KPI_POOL_RELEASES) > before[HAK_KPI_POOL_RELEASES]);
}

static void gauges_show_what_the_tiers_say(void **state)
{
    (void)state;
    use_front();
    void *ace[SHELF_PLACES + 1], *span = hak_malloc(3 << 20), *huge = hak_malloc(100 << 20);
    for (int i = 0; i <= SHELF_PLACES; i++)
        ace[i] = hak_malloc(HAK_ACE_MAX);
    const uint64_t hits = number(&kpi_page, HAK_KPI_ACE_HITS);
    const uint64_t misses = number(&kpi_page, HAK_KPI_HUGE_MISSES);
    assert_int_equal(number(&kpi_page, HAK_KPI_ACE_BYTES_USED), ace_used_bytes());
    assert_int_equal(number(&kpi_page, HAK_KPI_SPAN_BYTES_USED), span_used_bytes());
    assert_int_equal(number(&kpi_page, HAK_KPI_HUGE_BYTES_USED), huge_used_bytes());
    assert_true(huge_used_bytes() >= 100 << 20);
    assert_int_equal(number(&kpi_page, HAK_KPI_POOL_BYTES_USED), pool_used_bytes());
    assert_int_equal(number(&kpi_page, HAK_KPI_POOL_BYTES_IDLE), pool_idle_bytes());
    assert_int_equal(number(&kpi_page, HAK_KPI_SUPERSLAB_BYTES_MAPPED), superslab_bytes());
    /* The last one pushes the first from the thread's shelf. */
    for (int i = 0; i <= SHELF_PLACES; i++)
        hak_free(ace[i]);
    assert_true(number(&kpi_page, HAK_KPI_ACE_BYTES_CACHED) >= HAK_ACE_MAX);
    for (int i = 0; i <= SHELF_PLACES; i++)
        ace[i] = hak_malloc(HAK_ACE_MAX);
    assert_int_equal(number(&kpi_page, HAK_KPI_ACE_HITS), hits + 1);
    for (int i = 0; i <= SHELF_PLACES; i++)
        hak_free(ace[i]);
    hak_free(span);
    hak_free(huge);
    assert_int_equal(number(&kpi_page, HAK_KPI_HUGE_MISSES), misses);
    assert_int_equal(number(&kpi_page, HAK_KPI_HUGE_BYTES_USED), huge_used_bytes());
    hak_trim();
    assert_int_equal(number(&kpi_page, HAK_KPI_ACE_BYTES_CACHED), 0);
    assert_int_equal(number(&kpi_page, HAK_KPI_HUGE_BYTES_CACHED), 0);
    assert_int_equal(number(&kpi_page, HAK_KPI_POOL_BYTES_IDLE), pool_idle_bytes());
    assert_true(number(&kpi_page, HAK_KPI_PURGE_BYTES) >= HAK_ACE_MAX);
}

/* In a child, so that the page of this process stays its own. */
static int in_child(void (*run)(void))
{
    const pid_t child = fork();
    if (child == 0) {
        kpi_fork_child();
        run();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void claim_and_die(void)
{
    if (!kpi_start(descriptor))
        _exit(1);
    use_front();
    fail_set_policy(FAIL_COUNT);
    fail_report(&(struct fail_event){.tag = "FREE_UNKNOWN", .layer = "registry", .class = -1});
    raise(SIGKILL);
}

static void counts_outlive_a_killed_process(void **state)
{
    (void)state;
    const uint64_t before = count(&kpi_page, HAK_KPI_TINY_REFILLS);
    struct fail_kind kind;
    unsigned unknown = 0;
    while (fail_kind_at(unknown, &kind) && strcmp(kind.tag, "FREE_UNKNOWN") != 0)
        unknown++;
    make_page(HAK_KPI_MAGIC, HAK_KPI_VERSION, 0, HAK_KPI_BYTES);
    const int status = in_child(claim_and_die);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_not_equal(outside->owner, 0);
    assert_true(number(outside, HAK_KPI_FAULT_BASELINE) > 0);
    assert_true(count(outside, HAK_KPI_TINY_REFILLS) > before);
    assert_int_equal(atomic_load(&outside->events[unknown]), kind.count + 1);
    /* This process counts for itself, as before. */
    assert_int_equal(count(&kpi_page, HAK_KPI_TINY_REFILLS), before);
    drop_page();
}

static void claim_and_fork(void)
{
    if (!kpi_start(descriptor))
        _exit(1);
    const uint64_t before = count(outside, HAK_KPI_TINY_REFILLS);
    if (before == 0 || in_child(use_front) != 0 || count(outside, HAK_KPI_TINY_REFILLS) != before)
        _exit(2);
    /* A child that was told of the descriptor leaves its parent's page alone. */
    const pid_t child = fork();
    if (child == 0) {
        kpi_fork_child();
        _exit(kpi_start(descriptor));
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(3);
    use_front();
    if (count(outside, HAK_KPI_TINY_REFILLS) <= before)
        _exit(4);
    /* The same process again, as after an exec: it may. */
    if (!kpi_start(descriptor))
        _exit(5);
}

static void a_forked_child_counts_for_itself(void **state)
{
    (void)state;
    make_page(HAK_KPI_MAGIC, HAK_KPI_VERSION, 0, HAK_KPI_BYTES);
    assert_int_equal(in_child(claim_and_fork), 0);
    drop_page();
}

static void what_is_not_its_page_is_left_alone(void **state)
{
    (void)state;
    static const struct {
        uint64_t magic;
        uint32_t version, owner;
        size_t bytes;
    } wrong[] = {{HAK_KPI_MAGIC + 1, HAK_KPI_VERSION, 0, HAK_KPI_BYTES},
                 {HAK_KPI_MAGIC, HAK_KPI_VERSION + 1, 0, HAK_KPI_BYTES},
                 {HAK_KPI_MAGIC, HAK_KPI_VERSION, 1, HAK_KPI_BYTES},
                 {HAK_KPI_MAGIC, HAK_KPI_VERSION, 0, HAK_KPI_BYTES - 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        make_page(wrong[i].magic, wrong[i].version, wrong[i].owner, wrong[i].bytes);
        assert_false(kpi_start(descriptor));
        use_front();
        assert_int_equal(outside->owner, wrong[i].owner);
        assert_int_equal(count(outside, HAK_KPI_TINY_REFILLS), 0);
        drop_page();
    }
    assert_false(kpi_start(-1));
    assert_false(kpi_start(STDOUT_FILENO));
    assert_false(kpi_start(12345));
}

/* More threads at once than there are slots: those beyond share the last one and lose no count. */
enum { THREADS = HAK_KPI_SLOTS + 20, ADDITIONS = 2000 };
static unsigned slots[THREADS];

static void *add(void *slot)
{
    for (int i = 0; i < ADDITIONS; i++)
        kpi_count(*(unsigned *)slot, HAK_KPI_TINY_FLUSHES);
    return NULL;
}

static void threads_beyond_the_slots_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    const uint64_t before = count(&kpi_page, HAK_KPI_TINY_FLUSHES);
    for (int i = 0; i < THREADS; i++) {
        slots[i] = kpi_take_slot();
        assert_true(slots[i] < HAK_KPI_SLOTS);
        for (int j = 0; j < i; j++)
            assert_true(slots[j] != slots[i] || slots[i] == HAK_KPI_SLOTS - 1);
    }
    assert_int_equal(slots[THREADS - 1], HAK_KPI_SLOTS - 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add, &slots[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* Threads that end flush their lists, but these have none. */
    assert_int_equal(count(&kpi_page, HAK_KPI_TINY_FLUSHES) - before, THREADS * ADDITIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_paths_are_counted),
        cmocka_unit_test(gauges_show_what_the_tiers_say),
        cmocka_unit_test(counts_outlive_a_killed_process),
        cmocka_unit_test(a_forked_child_counts_for_itself),
        cmocka_unit_test(what_is_not_its_page_is_left_alone),
        cmocka_unit_test(threads_beyond_the_slots_lose_nothing),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
