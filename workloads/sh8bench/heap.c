#include "workloads/sh8bench/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "workloads/pattern.h"
#include "workloads/probe.h"
#include "workloads/rng.h"

static const struct {
    uint32_t size, count;
} table[] = {
    {8, 1000}, {16, 5000}, {48, 1000}, {72, 100}, {148, 100}, {200, 100},
    {520, 10}, {1056, 5},  {4096, 3},  {9162, 1}, {34562, 1}, {168524, 1},
};

#define TABLE_COUNT (sizeof table / sizeof *table)
#define WINDOWS     5 /* the surviving window is a fifth of the slots */

void heap_start(struct heap *heap, uint64_t seed)
{
    struct rng rng = rng_start(seed, heap->tag);
    assert(heap->slot_count >= HEAP_SLOTS_MIN);
    heap->kind = rng_scale((uint32_t)rng_next(&rng), TABLE_COUNT);
    heap->window_start = heap->slot_count;
    heap->window_end = heap->slot_count;
}

static inline void release(struct heap *heap, uint64_t slot)
{
    unsigned char *block = heap->slots[slot];
    uint32_t size = table[heap->kinds[slot]].size;
    if (heap->base.audit) {
        heap->base.audit_errors += pattern_errors(block, size, heap->tag + slot);
    }
    free(block);
    heap->slots[slot] = NULL;
    heap->held_bytes -= size;
}

static void release_upwards(struct heap *heap, uint64_t from, uint64_t to)
{
    for (uint64_t slot = from; slot < to; slot++) {
        release(heap, slot);
    }
    heap->base.frees += to - from;
    heap->held_blocks -= to - from;
}

static void release_downwards(struct heap *heap, uint64_t from, uint64_t to)
{
    for (uint64_t slot = to; slot-- > from;) {
        release(heap, slot);
    }
    heap->base.frees += to - from;
    heap->held_blocks -= to - from;
}

static void note_maxima(struct heap *heap)
{
    if (heap->held_blocks > heap->held_blocks_max) {
        heap->held_blocks_max = heap->held_blocks;
    }
    if (heap->held_bytes > heap->held_bytes_max) {
        heap->held_bytes_max = heap->held_bytes;
    }
    heap->base.checksum = rng_mix(heap->base.checksum ^ heap->held_bytes) + heap->base.allocs;
}

static void skip_window(struct heap *heap)
{
    if (heap->next == heap->window_start) {
        heap->next = heap->window_end;
    }
}

/* All slots are full: one window of them survives, its place moves on by one every time. */
static void wrap(struct heap *heap)
{
    assert(heap->held_blocks == heap->slot_count);
    note_maxima(heap);
    uint64_t window = heap->wraps++ % WINDOWS;
    heap->window_start = window * heap->slot_count / WINDOWS;
    heap->window_end = (window + 1) * heap->slot_count / WINDOWS;
    release_upwards(heap, 0, heap->window_start);
    release_downwards(heap, heap->window_end, heap->slot_count);
    heap->next = 0;
    skip_window(heap);
}

/* Fills the slots from heap->next to end, which are empty, with blocks of one kind. */
static void fill(struct heap *heap, uint64_t end, unsigned kind)
{
    uint32_t size = table[kind].size;
    uint64_t count = end - heap->next;
    for (uint64_t slot = heap->next; slot < end; slot++) {
        unsigned char *block = malloc(size);
        if (__builtin_expect(!block, 0)) {
            probe_out_of_memory(size);
        }
        if (heap->base.audit) {
            heap->base.audit_errors += heap->slots[slot] != NULL;
            pattern_fill(block, size, heap->tag + slot);
        } else {
            block[0] = (unsigned char)slot;
            block[size - 1] = (unsigned char)kind;
        }
        heap->slots[slot] = block;
        heap->kinds[slot] = (uint8_t)kind;
    }
    heap->next = end;
    heap->base.allocs += count;
    heap->held_blocks += count;
    heap->held_bytes += count * size;
}

void heap_iterate(struct heap *heap)
{
    unsigned kind = heap->kind;
    uint64_t left = table[kind].count;
    heap->kind = (kind + 1) % TABLE_COUNT;
    while (left > 0) {
        if (heap->next == heap->slot_count) {
            wrap(heap);
        }
        uint64_t limit = heap->next < heap->window_start ? heap->window_start : heap->slot_count;
        uint64_t end = limit - heap->next < left ? limit : heap->next + left;
        left -= end - heap->next;
        fill(heap, end, kind);
        skip_window(heap);
    }
}

void heap_finish(struct heap *heap)
{
    note_maxima(heap);
    for (uint64_t slot = 0; slot < heap->slot_count; slot++) {
        if (heap->slots[slot]) {
            release(heap, slot);
            heap->base.frees++;
            heap->held_blocks--;
        }
    }
    heap->base.audit_errors += heap->held_blocks + heap->held_bytes;
    heap->base.audit_errors += heap->base.allocs != heap->base.frees;
}
