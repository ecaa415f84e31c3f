#include "workloads/sh8bench/eights.h"

#include <stdlib.h>

#include "workloads/pattern.h"
#include "workloads/probe.h"

#define EIGHT_BYTES 8
/* Apart from the tags of the heaps. */
#define EIGHTS_TAG (UINT64_C(1) << 63)

void eights_restart(struct eights *eights)
{
    atomic_store_explicit(&eights->end, eights->count, memory_order_relaxed);
}

static void *make_block(const struct eights *eights, uint64_t slot)
{
    unsigned char *block = malloc(EIGHT_BYTES);
    if (__builtin_expect(!block, 0)) {
        probe_out_of_memory(EIGHT_BYTES);
    }
    if (eights->audit) {
        pattern_fill(block, EIGHT_BYTES, EIGHTS_TAG + slot);
    } else {
        block[0] = (unsigned char)slot;
        block[EIGHT_BYTES - 1] = (unsigned char)slot;
    }
    return block;
}

uint64_t eights_publish(struct eights *eights)
{
    uint64_t slot = 0;
    while (slot < eights->count) {
        uint64_t stop = slot + EIGHTS_RUN;
        if (stop > eights->count) {
            stop = eights->count;
        }
        for (; slot < stop; slot++) {
            void *block = make_block(eights, slot);
            atomic_store_explicit(&eights->slots[slot], block, memory_order_release);
        }
        probe_progress(EIGHTS_RUN);
        if (probe_time_is_up()) {
            break;
        }
    }
    atomic_store_explicit(&eights->end, slot, memory_order_relaxed);
    return slot;
}

static unsigned freer_of_run(const struct eights *eights, uint64_t run)
{
    unsigned threads = eights->threads;
    if (threads == 1) {
        return 0;
    }
    uint64_t turn = run / threads % (threads - 1);
    return (unsigned)((run + 1 + turn) % threads);
}

/* From the start of any run to that of the first one from there on that this worker frees. */
static void find_run(const struct eights *eights, struct eights_reader *reader)
{
    while (reader->next < eights->count &&
           freer_of_run(eights, reader->next / EIGHTS_RUN) != reader->index) {
        reader->next += EIGHTS_RUN;
    }
}

void eights_rewind(const struct eights *eights, struct eights_reader *reader)
{
    reader->next = 0;
    find_run(eights, reader);
}

uint64_t eights_free(struct eights *eights, struct eights_reader *reader, uint64_t most)
{
    uint64_t freed = 0;
    while (freed < most && reader->next < eights->count) {
        uint64_t slot = reader->next;
        void *block = atomic_load_explicit(&eights->slots[slot], memory_order_acquire);
        if (!block) {
            break;
        }
        if (eights->audit) {
            reader->audit_errors += pattern_errors(block, EIGHT_BYTES, EIGHTS_TAG + slot);
        }
        free(block);
        atomic_store_explicit(&eights->slots[slot], NULL, memory_order_relaxed);
        reader->checksum += slot;
        freed++;
        reader->next++;
        if (reader->next % EIGHTS_RUN == 0) {
            find_run(eights, reader);
        }
    }
    reader->frees += freed;
    return freed;
}

bool eights_done(const struct eights *eights, const struct eights_reader *reader)
{
    return reader->next >= atomic_load_explicit(&eights->end, memory_order_relaxed);
}
