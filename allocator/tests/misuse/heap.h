/* What the misuse cases know of the heap that they misuse: its variant, where its bytes are, and
 * how to bring a block into a list of a thread or of a slab. Public calls and raw reads and
 * writes only; of the allocator's headers just the geometry. */
#ifndef ALLOCATOR_TESTS_MISUSE_HEAP_H
#define ALLOCATOR_TESTS_MISUSE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/space/superslab.h"

/* The classes that the cases use, by their strides in the release; both geometries have them.
 * Between the ends blocks are headered where the layout is. */
enum { STRIDE_C0 = 8, STRIDE = 64, STRIDE_OTHER = 128, STRIDE_CN = 1024 };

/* Of the variant preloaded; false for every question when there is no hakmem. */
bool heap_is_hakmem(void);
bool heap_is_headered(void);
bool heap_is_cache(void);

/* The request that fills a block of the class, bytes. */
size_t heap_fill(size_t stride);
/* The distance of its blocks in this build: a layer may want more room in C0. */
size_t heap_step(size_t stride);

/* Ends the process: the case means nothing in this build. */
void heap_skip(const char *why) __attribute__((noreturn));
void heap_skip_unless_headered(void);

/* Memory that nobody may touch, and that no mapping will come to. */
void *heap_untouchable(void);

/* The link that a free block holds at its user pointer, as it is stored: a layer may encode it. */
uintptr_t heap_link(const uint8_t *block);
void heap_set_link(uint8_t *block, uintptr_t word);

/* A link that the allocator itself made, to a block that is live by now. */
struct heap_pair {
    uintptr_t link;
    uint8_t *target;
};
struct heap_pair heap_take_pair(size_t stride);

/* The last free blocks of this thread's list of a stride: at[i]'s link leads to at[i - 1], at[0] is
 * the end. The block before each of them, at[i] - step, is live and full. Some hundred blocks of
 * the stride stay live. */
enum { HEAP_LISTED = 24 };
struct heap_list {
    uint8_t *at[HEAP_LISTED];
    int count;
};
void heap_make_list(struct heap_list *list, size_t stride);

/* Free blocks in a slab's own list, whose thread holds it no more: the pool will give it again. The
 * list begins with at[count - 1], and links and neighbours are as in heap_list. */
void heap_make_slab_list(struct heap_list *list, size_t stride);

/* Brings to light what was injected: takes `count` blocks of the stride, frees them, gives all
 * lists back to their slabs, and takes and frees them again, checking all the time. */
void heap_exercise(size_t stride, size_t count);
enum { HEAP_MANY = 700 };

/* Runs the function in a thread of its own, from start to end. */
void heap_in_thread(void (*function)(void *), void *argument);

#endif
