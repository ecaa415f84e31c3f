/* The misuse cases: what each is called, and what it does.
 *
 * A case injects one misuse and then uses the heap, so that whatever came of it shows: the
 * allocator reports it, the process crashes, the oracle sees wrong data, or nothing happens at
 * all. It knows nothing of what is expected; predicted.txt does. Groups are numbered as in docs. */
#ifndef ALLOCATOR_TESTS_MISUSE_CASES_H
#define ALLOCATOR_TESTS_MISUSE_CASES_H

struct misuse_case {
    const char *id; /* the group, and a letter where the group has several */
    const char *title;
    void (*run)(void);
};

/* Each ends with an entry without an id. */
extern const struct misuse_case misuse_links[];     /* 1-4, 16 */
extern const struct misuse_case misuse_slabs[];     /* 5, 13, 14 */
extern const struct misuse_case misuse_overflows[]; /* 6-9 */
extern const struct misuse_case misuse_frees[];     /* 10-12 */
extern const struct misuse_case misuse_large[];     /* 15 */
extern const struct misuse_case misuse_limits[];    /* 17 */

#endif
