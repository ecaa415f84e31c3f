#include "workloads/churn/array.h"

#include <assert.h>

#include "workloads/block.h"

enum kind { RECORD, STRING, LIST };

#define CAPACITY_MIN   4
#define STRING_START   48  /* longest at first, with its terminator */
#define STRING_PIECE   40  /* longest that is appended at once */
#define STRING_MAX     600 /* from here on it is replaced instead */
#define LIST_COUNT_MAX 6

/* As small structures and nodes of real programs are. */
static const uint16_t record_sizes[] = {16, 24, 32, 40, 56, 64, 80, 104, 136, 200, 328, 1040};

#define RECORD_SIZES (sizeof record_sizes / sizeof *record_sizes)

static uint64_t make_seal(const struct array *array)
{
    uint64_t counts = (uint64_t)array->count << 32 | array->capacity;
    return rng_mix((uintptr_t)array->entries ^ rng_mix(counts + 1));
}

void array_start(struct array *array)
{
    *array = (struct array){.count = 0};
    array->seal = make_seal(array);
}

/* An array that is not what it was is given up: its pointers lead nowhere that is known. */
static void check_seal(struct array *array, struct churner *churner)
{
    if (churner->base.audit && array->seal != make_seal(array)) {
        churner->base.audit_errors++;
        array_start(array);
    }
}

static void set_capacity(struct array *array, struct churner *churner, uint32_t capacity)
{
    size_t bytes = capacity * sizeof *array->entries, used = array->count * sizeof *array->entries;
    uint64_t hash = churner->base.audit && used > 0 ? block_hash(array->entries, used) : 0;
    churner->reallocs += array->capacity > 0;
    churner->base.allocs += array->capacity == 0;
    struct entry *entries = realloc(array->entries, bytes);
    if (!entries) {
        probe_out_of_memory(bytes);
    }
    if (churner->base.audit && used > 0) {
        churner->base.audit_errors += block_hash(entries, used) != hash;
    }
    array->entries = entries;
    array->capacity = capacity;
}

static void *make_block(struct churner *churner, struct entry *entry, uint32_t size)
{
    entry->tag = churner->next_tag++;
    entry->size = size;
    entry->block = block_make(size, entry->tag, churner->base.audit);
    churner->base.allocs++;
    churner->base.checksum += size * entry->tag;
    return entry->block;
}

static void make_string(struct churner *churner, struct entry *entry)
{
    entry->kind = STRING;
    make_block(churner, entry, 1 + rng_scale((uint32_t)rng_next(&churner->base.rng), STRING_START));
}

static void make_list(struct churner *churner, struct entry *entry)
{
    struct array *list = malloc(sizeof *list);
    if (__builtin_expect(!list, 0)) {
        probe_out_of_memory(sizeof *list);
    }
    churner->base.allocs++;
    array_start(list);
    *entry = (struct entry){.block = list, .size = sizeof *list, .kind = LIST};
    uint32_t count = 1 + rng_scale((uint32_t)rng_next(&churner->base.rng), LIST_COUNT_MAX);
    set_capacity(list, churner, count);
    while (list->count < count) {
        make_string(churner, &list->entries[list->count++]);
    }
    list->seal = make_seal(list);
}

/* Half records, three in eight strings, one in eight lists. */
static void make_object(struct churner *churner, struct entry *entry)
{
    uint64_t bits = rng_next(&churner->base.rng);
    uint32_t choice = bits & 7;
    if (choice < 4) {
        entry->kind = RECORD;
        make_block(churner, entry, record_sizes[rng_scale((uint32_t)(bits >> 32), RECORD_SIZES)]);
    } else if (choice < 7) {
        make_string(churner, entry);
    } else {
        make_list(churner, entry);
    }
}

static void drop_object(struct churner *churner, struct entry *entry)
{
    if (entry->kind == LIST) {
        array_drop(entry->block, churner);
        free(entry->block);
    } else {
        churner->base.audit_errors +=
            block_drop(entry->block, entry->size, entry->tag, churner->base.audit);
    }
    churner->base.frees++;
}

static uint32_t pick(const struct array *array, struct churner *churner)
{
    assert(array->count > 0);
    return rng_scale((uint32_t)rng_next(&churner->base.rng), array->count);
}

void array_append(struct array *array, struct churner *churner)
{
    check_seal(array, churner);
    if (array->count == array->capacity) {
        set_capacity(array, churner, array->capacity > 0 ? 2 * array->capacity : CAPACITY_MIN);
    }
    make_object(churner, &array->entries[array->count]);
    array->count++;
    array->seal = make_seal(array);
}

void array_remove(struct array *array, struct churner *churner)
{
    check_seal(array, churner);
    if (array->count == 0) {
        return;
    }
    uint32_t index = pick(array, churner);
    drop_object(churner, &array->entries[index]);
    array->count--;
    array->entries[index] = array->entries[array->count];
    if (array->count < array->capacity / 4 && array->capacity > CAPACITY_MIN) {
        set_capacity(array, churner, array->capacity / 2);
    }
    array->seal = make_seal(array);
}

void array_mutate(struct array *array, struct churner *churner)
{
    check_seal(array, churner);
    if (array->count == 0) {
        return;
    }
    struct entry *entry = &array->entries[pick(array, churner)];
    if (entry->kind != STRING || entry->size >= STRING_MAX) {
        drop_object(churner, entry);
        make_object(churner, entry);
        return;
    }
    uint32_t piece = 1 + rng_scale((uint32_t)rng_next(&churner->base.rng), STRING_PIECE);
    entry->block = block_resize(entry->block, entry->size, entry->size + piece, entry->tag,
                                churner->base.audit, &churner->base.audit_errors);
    entry->size += piece;
    churner->reallocs++;
}

void array_drop(struct array *array, struct churner *churner)
{
    check_seal(array, churner);
    for (uint32_t i = 0; i < array->count; i++) {
        drop_object(churner, &array->entries[i]);
    }
    if (array->capacity > 0) {
        free(array->entries);
        churner->base.frees++;
    }
    array_start(array);
}
