/* The oracle of the misuse cases: what the program knows of its live blocks, kept outside of
 * malloc.
 *
 * Every block taken here is entered with its place and a pattern of its own. Whatever malloc
 * gives must be aligned and lie apart from every live block, and patterns must stay. The first
 * thing that is wrong ends the process with exit code 4 and one line on stderr: so what the
 * allocator has reported by then, it has reported in time. One thread at a time. */
#ifndef ALLOCATOR_TESTS_MISUSE_ORACLE_H
#define ALLOCATOR_TESTS_MISUSE_ORACLE_H

#include <stddef.h>
#include <stdint.h>

enum { ORACLE_WRONG = 4 };

/* A new live block that holds its pattern. */
uint8_t *oracle_take(size_t size);
/* The same, but nothing is written to it and its contents are not watched. */
uint8_t *oracle_take_untouched(size_t size);
/* Enters a block that came by another way than malloc; NULL is fine. */
void oracle_adopt(uint8_t *block, size_t size);

/* Checks the block's pattern and frees it. */
void oracle_give(uint8_t *block);
/* From now on the program does not call the block its own; nothing is freed. */
void oracle_lose(const uint8_t *block);
/* Checks every live block's pattern. */
void oracle_check(void);

/* free and realloc, and the compiler cannot see of what. */
void oracle_free(void *p);
void *oracle_realloc(void *p, size_t size);

void oracle_wrong(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
