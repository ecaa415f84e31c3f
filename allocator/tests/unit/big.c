/* ACE, huge and emergency blocks. */
#include "allocator/tests/unit/unit.h"

#include <sys/mman.h>

#include "allocator/large/ace.h"
#include "allocator/large/emergency.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/process/alloc.h"
#include "allocator/slabs/purge.h"
#include "allocator/space/registry.h"

static int setup(void **state)
{
    (void)state;
    hak_free(hak_malloc(1)); /* the process is ready after the first call */
    return 0;
}

/* All that is free in one tier. */
static uint64_t purge_all(uint64_t (*purge)(uint64_t before, struct budget *budget))
{
    struct budget budget = {.left = BUDGET_ALL};
    uint64_t bytes = purge(UINT64_MAX - 1, &budget);
    assert_false(budget.more);
    return bytes;
}

static void free_to_ace(void *p)
{
    assert_true(ace_lay_aside(p) > 0);
    ace_free(p, os_clock_coarse_ns());
}

static void ace_rounds_by_an_eighth_at_most(void **state)
{
    (void)state;
    for (size_t size = HAK_FRONT_MAX + 1; size <= HAK_ACE_MAX; size += 701) {
        bool zeroed;
        void *p = ace_alloc(size, 16, &zeroed);
        size_t usable = ace_usable(p);
        assert_true(usable >= size);
        assert_true(usable <= size + size / 8 + HAK_PAGE);
        pattern_fill(p, usable, size);
        assert_int_equal(ace_usable((char *)p + HAK_PAGE), 0);
        assert_int_equal(ace_usable((char *)p + 16), 0);
        free_to_ace(p);
    }
}

static void ace_blocks_do_not_overlap(void **state)
{
    (void)state;
    enum { MANY = 200 };
    void *blocks[MANY] = {NULL};
    size_t sizes[MANY];
    uint64_t seed = 3, used = ace_used_bytes();
    for (int round = 0; round < 6000; round++) {
        size_t i = random_next(&seed) % MANY;
        if (blocks[i]) {
            assert_true(pattern_holds(blocks[i], 64, i));
            assert_true(pattern_holds((char *)blocks[i] + sizes[i] - 64, 64, i));
            free_to_ace(blocks[i]);
            blocks[i] = NULL;
        } else {
            bool zeroed;
            sizes[i] = HAK_FRONT_MAX + random_next(&seed) % 98000;
            blocks[i] = ace_alloc(sizes[i], 16, &zeroed);
            if (zeroed)
                for (size_t at = 0; at < sizes[i]; at += 4096)
                    assert_int_equal(((char *)blocks[i])[at], 0);
            pattern_fill(blocks[i], sizes[i], i);
        }
    }
    for (int i = 0; i < MANY; i++)
        if (blocks[i])
            free_to_ace(blocks[i]);
    assert_int_equal(ace_used_bytes(), used);
}

static void ace_aligns(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= HAK_ACE_MAX; alignment *= 2) {
        bool zeroed;
        void *p = ace_alloc(40000, alignment, &zeroed);
        void *q = ace_alloc(40000, alignment, &zeroed);
        assert_int_equal((uintptr_t)p % alignment, 0);
        assert_int_equal((uintptr_t)q % alignment, 0);
        free_to_ace(p);
        free_to_ace(q);
    }
}

static void ace_resizes_in_place_where_there_is_room(void **state)
{
    (void)state;
    purge_now();
    bool zeroed;
    unsigned char *p = ace_alloc(100000, 16, &zeroed);
    pattern_fill(p, 100000, 5);
    assert_true(ace_resize(p, 50000));
    assert_true(ace_usable(p) < 60000);
    assert_true(pattern_holds(p, 50000, 5));
    assert_true(ace_resize(p, 90000));
    assert_true(ace_usable(p) >= 90000);
    assert_true(pattern_holds(p, 50000, 5));
    assert_false(ace_resize(p, HAK_ACE_MAX + 1));
    free_to_ace(p);
}

static void ace_gives_idle_pages_back(void **state)
{
    (void)state;
    bool zeroed;
    void *p = ace_alloc(120000, 16, &zeroed);
    pattern_fill(p, 120000, 1);
    free_to_ace(p);
    assert_true(purge_all(ace_purge) >= 120000);
    assert_int_equal(purge_all(ace_purge), 0);
    void *q = ace_alloc(120000, 16, &zeroed);
    assert_true(zeroed);
    assert_int_equal(*(char *)q, 0);
    free_to_ace(q);
}

static void spans_do_not_overlap_and_coalesce(void **state)
{
    (void)state;
    enum { MANY = 60 };
    char *blocks[MANY] = {NULL};
    size_t sizes[MANY];
    uint64_t seed = 8, used = span_used_bytes();
    for (int round = 0; round < 3000; round++) {
        size_t i = random_next(&seed) % MANY;
        size_t size = 1 + random_next(&seed) % 3000000;
        bool zeroed;
        if (!blocks[i]) {
            blocks[i] = span_alloc(size, &zeroed);
            assert_non_null(blocks[i]);
            assert_true(span_usable(blocks[i]) >= size);
            for (size_t at = 0; zeroed && at < size; at += 4096)
                assert_int_equal(blocks[i][at], 0);
        } else if (round % 3 == 0 && span_resize(blocks[i], size)) {
            assert_true(span_usable(blocks[i]) >= size);
            assert_true(
                pattern_holds(blocks[i], sizes[i] < size && sizes[i] < 64 ? sizes[i] : 1, i));
        } else {
            size_t edge = sizes[i] < 64 ? sizes[i] : 64;
            assert_true(pattern_holds(blocks[i], edge, i));
            assert_true(pattern_holds(blocks[i] + sizes[i] - edge, edge, i));
            span_free(blocks[i], os_clock_coarse_ns());
            assert_int_equal(span_usable(blocks[i]), 0);
            blocks[i] = NULL;
            continue;
        }
        sizes[i] = size;
        for (size_t at = 0; at < size; at += 4096)
            blocks[i][at] = 1;
        size_t edge = size < 64 ? size : 64;
        pattern_fill(blocks[i], edge, i);
        pattern_fill(blocks[i] + size - edge, edge, i);
    }
    for (int i = 0; i < MANY; i++)
        if (blocks[i])
            span_free(blocks[i], os_clock_coarse_ns());
    assert_int_equal(span_used_bytes(), used);
    assert_true(purge_all(span_purge) > 1000000);
    assert_int_equal(purge_all(span_purge), 0);
    bool zeroed = false;
    char *whole = span_alloc(HAK_SPAN_MAX, &zeroed); /* everything has joined again */
    assert_true(zeroed);
    assert_int_equal(whole[HAK_SPAN_MAX - 1], 0);
    span_free(whole, os_clock_coarse_ns());
}

static void span_pointers_are_checked(void **state)
{
    (void)state;
    bool zeroed;
    char *p = span_alloc(1000000, &zeroed);
    assert_int_equal(span_usable(p), (1000000 + 4095) / 4096 * 4096);
    assert_int_equal(span_usable(p + 16), 0);
    assert_int_equal(span_usable(p + HAK_SLAB), 0);
    assert_int_equal(span_usable(NULL), 0);
    assert_int_equal(span_usable(&zeroed), 0);
    assert_false(span_resize(p, HAK_SPAN_MAX + 1));
    span_free(p, os_clock_coarse_ns());
}

/* What was unmapped comes back into use, at its place, and reads as zero. */
static void hollow_spans_come_back(void **state)
{
    (void)state;
    bool zeroed;
    char *p = span_alloc(5000000, &zeroed), *wall = span_alloc(1000000, &zeroed);
    memset(p, 1, 5000000);
    span_free(p, os_clock_coarse_ns());
    purge_now();
    span_hollow_out();
    unsigned char present;
    assert_int_equal(mincore(p, HAK_PAGE, &present), -1);
    char *q = span_alloc(5000000, &zeroed);
    assert_true(zeroed);
    for (size_t at = 0; at < 5000000; at += HAK_PAGE)
        assert_int_equal(q[at], 0);
    memset(q, 1, 5000000);
    assert_true(span_free(q, os_clock_coarse_ns()));
    assert_false(span_free(q, os_clock_coarse_ns()));
    span_free(wall, os_clock_coarse_ns());
}

/* A sparse table, again and again where one stood: only what is written is in memory. */
static void calloc_of_a_used_block_takes_no_memory(void **state)
{
    (void)state;
    for (size_t size = 1u << 20; size <= 32u << 20; size *= 2) {
        for (int round = 0; round < 3; round++) {
            char *p = hak_calloc(size, 1);
            unsigned char present[8192];
            assert_int_equal(mincore(p, size, present), 0);
            for (size_t page = 0; page < size / HAK_PAGE; page++)
                assert_int_equal(present[page] & 1, 0);
            for (size_t at = 0; at < size; at += 4096)
                assert_int_equal(p[at], 0);
            memset(p, 1, size);
            hak_free(p);
        }
    }
}

static void *owner_of(void *p, enum registry_kind kind)
{
    struct registry_entry entry = registry_find(p);
    assert_int_equal(entry.kind, kind);
    return entry.owner;
}

static void huge_is_aligned_zero_and_found(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= 8ul << 20; alignment *= 8) {
        bool zeroed;
        char *p = huge_alloc(3000000, alignment, &zeroed);
        assert_int_equal((uintptr_t)p % alignment, 0);
        struct huge *huge = owner_of(p, REGISTRY_HUGE);
        assert_true(huge_usable(huge) >= 3000000);
        assert_true(huge_begins_at(huge, p));
        assert_false(huge_begins_at(huge, p + 4096));
        if (zeroed)
            assert_int_equal(p[2999999], 0);
        pattern_fill(p, 3000000, 7);
        huge_free(huge, os_clock_coarse_ns());
    }
}

static void huge_cache_serves_what_fits_and_expires(void **state)
{
    (void)state;
    purge_now();
    bool zeroed;
    void *p = huge_alloc(4000000, 16, &zeroed);
    assert_true(zeroed);
    huge_free(owner_of(p, REGISTRY_HUGE), os_clock_coarse_ns());
    void *q = huge_alloc(3900000, 16, &zeroed);
    assert_ptr_equal(q, p);
    assert_false(zeroed);
    huge_free(owner_of(q, REGISTRY_HUGE), os_clock_coarse_ns());
    assert_true(purge_all(huge_purge) >= 3900000);
    assert_int_equal(registry_find(p).kind, REGISTRY_NONE);
}

static void huge_resize_moves_pages_not_contents(void **state)
{
    (void)state;
    bool zeroed;
    char *p = huge_alloc(2000000, 16, &zeroed);
    char *wall = huge_alloc(2000000, 16, &zeroed);
    for (size_t size = 2000000; size <= 64000000; size = size * 3 / 2) {
        pattern_fill(p, 1900000, size);
        p = huge_resize(owner_of(p, REGISTRY_HUGE), size);
        assert_non_null(p);
        assert_true(pattern_holds(p, 1900000, size));
        p[size - 1] = 1;
        assert_true(huge_usable(owner_of(p, REGISTRY_HUGE)) >= size);
    }
    p = huge_resize(owner_of(p, REGISTRY_HUGE), 1120000);
    assert_int_equal(huge_usable(owner_of(p, REGISTRY_HUGE)), (1120000 + 4095) / 4096 * 4096);
    huge_free(owner_of(p, REGISTRY_HUGE), os_clock_coarse_ns());
    huge_free(owner_of(wall, REGISTRY_HUGE), os_clock_coarse_ns());
}

static void huge_refuses_what_cannot_be(void **state)
{
    (void)state;
    bool zeroed;
    uint64_t used = huge_used_bytes();
    assert_null(huge_alloc(1ul << 50, 16, &zeroed));
    assert_null(huge_alloc(2000000, 1ul << 50, &zeroed));
    char *p = huge_alloc(2000000, 16, &zeroed);
    pattern_fill(p, 2000000, 9);
    assert_null(huge_resize(owner_of(p, REGISTRY_HUGE), 1ul << 50));
    assert_true(pattern_holds(p, 2000000, 9));
    huge_free(owner_of(p, REGISTRY_HUGE), os_clock_coarse_ns());
    assert_int_equal(huge_used_bytes(), used);
}

static void emergency_blocks_stand_alone(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= 8ul << 20; alignment *= 16) {
        char *p = emergency_alloc(5000, alignment);
        assert_int_equal((uintptr_t)p % alignment, 0);
        assert_int_equal(registry_find(p).kind, REGISTRY_EMERGENCY);
        assert_true(emergency_usable(p) >= 5000);
        assert_int_equal(emergency_usable(p + 1), 0);
        pattern_fill(p, emergency_usable(p), 3);
        assert_true(emergency_free(p));
        assert_int_equal(registry_find(p).kind, REGISTRY_NONE);
        assert_false(emergency_free(p));
    }
    assert_null(emergency_alloc(SIZE_MAX - 5, 16));
}

/* Small ones take no mapping while there are slots, and a slot that was freed serves again. */
static void small_emergency_blocks_come_from_the_reserve(void **state)
{
    (void)state;
    static char *blocks[EMERGENCY_SLOTS + 1];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i <= EMERGENCY_SLOTS; i++) {
            blocks[i] = emergency_alloc(EMERGENCY_SLOT, EMERGENCY_SLOT);
            assert_int_equal((uintptr_t)blocks[i] % EMERGENCY_SLOT, 0);
            assert_int_equal(registry_find(blocks[i]).kind,
                             i < EMERGENCY_SLOTS ? REGISTRY_NONE : REGISTRY_EMERGENCY);
            for (size_t byte = 0; byte < EMERGENCY_SLOT; byte++)
                assert_int_equal(blocks[i][byte], 0);
            pattern_fill(blocks[i], EMERGENCY_SLOT, i);
        }
        for (size_t i = 0; i <= EMERGENCY_SLOTS; i++) {
            assert_true(pattern_holds(blocks[i], EMERGENCY_SLOT, i));
            assert_int_equal(emergency_usable(blocks[i] + 16), 0);
            hak_free(blocks[i]);
            assert_int_equal(emergency_usable(blocks[i]), 0);
        }
    }
}

/* What a signal handler does that interrupts a slow path of its own thread. */
static void handler_inside_a_slow_path_needs_no_lock(void **state)
{
    (void)state;
    char *before = hak_malloc(50000);
    assert_true(thread_enter());
    char *p = hak_malloc(70000), *small = hak_malloc(5000);
    assert_int_equal(registry_find(p).kind, REGISTRY_EMERGENCY);
    hak_free(before);
    hak_free(p);
    hak_free(small);
    assert_int_equal(emergency_usable(p), 0);
    assert_ptr_equal(thread_tls.deferred, before);
    thread_leave(); /* frees what was deferred */
    assert_null(thread_tls.deferred);
    assert_int_equal(thread_tls.attention, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ace_rounds_by_an_eighth_at_most),
        cmocka_unit_test(ace_blocks_do_not_overlap),
        cmocka_unit_test(ace_aligns),
        cmocka_unit_test(ace_resizes_in_place_where_there_is_room),
        cmocka_unit_test(ace_gives_idle_pages_back),
        cmocka_unit_test(spans_do_not_overlap_and_coalesce),
        cmocka_unit_test(span_pointers_are_checked),
        cmocka_unit_test(hollow_spans_come_back),
        cmocka_unit_test(calloc_of_a_used_block_takes_no_memory),
        cmocka_unit_test(huge_is_aligned_zero_and_found),
        cmocka_unit_test(huge_cache_serves_what_fits_and_expires),
        cmocka_unit_test(huge_resize_moves_pages_not_contents),
        cmocka_unit_test(huge_refuses_what_cannot_be),
        cmocka_unit_test(emergency_blocks_stand_alone),
        cmocka_unit_test(small_emergency_blocks_come_from_the_reserve),
        cmocka_unit_test(handler_inside_a_slow_path_needs_no_lock),
    };
    return cmocka_run_group_tests_name("big", tests, setup, NULL);
}
