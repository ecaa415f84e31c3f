#include "workloads/xthread/batch.h"

#include "workloads/block.h"

struct entry {
    unsigned char *block;
    uint64_t size;
};

struct batch {
    uint64_t count;
    uint64_t tag;  /* of the first block; the others count on from it */
    uint64_t seal; /* audit only: over all the rest */
    struct entry entries[];
};

struct xthread xthread = {.batch = 2000, .depth = 16, .size_min = 16, .size_max = 256};

static uint64_t batch_seal(const struct batch *batch)
{
    uint64_t hash = block_hash(batch->entries, batch->count * sizeof *batch->entries);
    return rng_mix(hash ^ rng_mix(batch->tag) ^ batch->count);
}

struct batch *batch_make(struct lane *lane, uint64_t count)
{
    const uint64_t size_min = xthread.size_min;
    const uint64_t size_span = xthread.size_max - xthread.size_min + 1;
    const bool audit = lane->base.audit;
    size_t bytes = sizeof(struct batch) + count * sizeof(struct entry);
    struct batch *batch = malloc(bytes);
    if (__builtin_expect(!batch, 0)) {
        probe_out_of_memory(bytes);
    }
    batch->count = count;
    batch->tag = lane->tag;
    uint64_t sizes = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t size = size_min + rng_scale((uint32_t)rng_next(&lane->base.rng), size_span);
        batch->entries[i].block = block_make(size, lane->tag + i, audit);
        batch->entries[i].size = size;
        sizes += size;
    }
    batch->seal = audit ? batch_seal(batch) : 0;
    lane->tag += count;
    lane->batches++;
    lane->base.ops += count;
    lane->base.allocs += count + 1;
    lane->base.checksum = rng_mix(lane->base.checksum ^ sizes) + count;
    return batch;
}

void batch_consume(struct lane *lane, struct batch *batch)
{
    const bool audit = lane->base.audit;
    if (audit && batch->seal != batch_seal(batch)) {
        lane->base.audit_errors++; /* its pointers are not to be trusted: it stays where it is */
        return;
    }
    for (uint64_t i = 0; i < batch->count; i++) {
        struct entry *entry = &batch->entries[i];
        /* A consumer reads what it gets, audit or not. */
        unsigned char last = (unsigned char)entry->size;
        lane->base.audit_errors += !audit && entry->block[entry->size - 1] != last;
        lane->base.audit_errors += block_drop(entry->block, entry->size, batch->tag + i, audit);
    }
    lane->base.frees += batch->count + 1;
    lane->base.checksum += rng_mix(batch->tag) + batch->count;
    free(batch);
}
