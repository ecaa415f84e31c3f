/* Blocks of the C library's own malloc that reach this one.
 *
 * A library that was opened with RTLD_DEEPBIND kept, or that asked libc by name, has its blocks
 * from there, and the program frees them here. They are handed to libc, but only what provably is
 * its own: what the header in front of a block and the one behind it say must agree with where the
 * block stands, in the heap above the program (brk), in a heap of one of its arenas, or in a
 * mapping of its own. All else stays a wild pointer, which is reported.
 *
 * Owns no memory and takes no lock. Knows how glibc lays out its heaps on machines of 64 bits: with
 * another C library nothing is ever recognised. The caller has made sure that the address belongs
 * to no mapping of the allocator. Thread-safe. */
#ifndef HAK_FOREIGN_H
#define HAK_FOREIGN_H

#include <stddef.h>

/* Finds libc's functions and where its heap will begin; called once, before there is a second
 * thread. Until then, nothing is recognised. */
void foreign_start(void);

/* Bytes that may be written at p; 0 when p is not provably a block of libc's. */
size_t foreign_usable(const void *p);

/* p must have been recognised by foreign_usable. */
void foreign_free(void *p);

#endif
