/* The room process: the allocator as a process sees it.
 *
 * Owns: malloc and its relatives over all tiers (alloc.h), their exported names (preload.c), start
 * and fork (process.h), every environment variable (settings.h), and slabs taken at the start
 * (prewarm.h).
 * Must not know: the inside of any room below: it chooses, passes values down and keeps errno as
 * the standard has it.
 * Who calls in: programs, by the names in preload.c; tests, by those in alloc.h. */

/* The allocator's interface: malloc and its relatives under our own names, for preload.c and for
 * tests.
 *
 * The road of a malloc:  size -> class -> the thread's bin (tiny_front.h). Empty: tiny_refill ->
 * the thread's current slab -> the pool. Above the front: the shelf, ACE, spans, then huge. The
 * road of a free: address -> registry's class map -> bin. Full: tiny_drain -> slabs.
 *
 * hak_malloc and hak_free are inline so that the exported functions are the hot path itself, with
 * one exit each to a slow function. All are thread-safe. Sizes are bytes. On failure they return
 * NULL with errno ENOMEM; free keeps errno. */
#ifndef HAK_ALLOC_H
#define HAK_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/front/tiny_front.h"
#include "allocator/space/registry.h"

/* The front had no block for the size: restock it, or fail. */
void *alloc_front_slow(size_t size);
/* Requests above the tiny classes: the wide classes of the front, ACE, huge. */
void *alloc_above_tiny(size_t size);
/* Pointers that the front does not take: NULL, a full bin, ACE, huge, foreign. */
void alloc_free_slow(void *p);
/* Inside a slow path: frees what handlers that had interrupted one of this thread's wanted freed.
 */
void alloc_free_deferred(struct thread *thread);

HAK_INLINE void *hak_malloc(size_t size)
{
    if (HAK_UNLIKELY(size > HAK_TINY_FORMULA_MAX))
        return alloc_above_tiny(size);
    size_t class = size_class_tiny(size);
    void *p;
    if (HAK_UNLIKELY(!tiny_front_pop(class + 1, &p)))
        return alloc_front_slow(size);
    return p;
}

HAK_INLINE void hak_free(void *p)
{
    uintptr_t offset = registry_offset(p);
    if (HAK_UNLIKELY(!registry_reaches(offset) || !tiny_front_push(registry_offset_bin(offset), p)))
        alloc_free_slow(p);
}

/* hak_free, for whoever says how much was asked for: the head layer reports what cannot be right.
 */
void hak_free_sized(void *p, size_t size);
void *hak_calloc(size_t count, size_t size);
/* realloc(p, 0) frees p and returns NULL. On failure the block stays as it is. */
void *hak_realloc(void *p, size_t size);
/* `alignment` must be a power of two. */
void *hak_aligned_alloc(size_t alignment, size_t size);
/* Bytes that may be written at p; 0 for NULL, and for what nobody knows, which is reported. */
size_t hak_usable_size(const void *p);
/* Gives all free memory of the pool, ACE and huge, and this thread's caches, back. Returns bytes.
 */
uint64_t hak_trim(void);

#endif
