/* The room base: what everything else stands on.
 *
 * Owns: the knobs of the build (config.h), what is said to the compiler (compiler.h), the seam to
 * the operating system with its sleeping lock (os.h), the table of size classes (size_class.h), the
 * way between base and user pointers and the links in free blocks (layout.h), runs in bitmaps
 * (bitmap.h) and a line of text on the stack (text.h).
 * Must not know: what any memory is used for, and any state of the allocator. Nothing here
 * allocates, reports or counts.
 * Who calls in: every other room. */

/* Every build-time knob of the allocator, as a constant that is 0 or 1 or a number.
 *
 * The build chooses a variant with -DHAK_<AXIS>_<VALUE>=1 (see variants/matrix.txt). Here each
 * choice becomes a constant with a default, so that all other files use plain `if (HAK_...)`: every
 * variant is parsed and type-checked in every build. Owns no code and includes nothing. */
#ifndef HAK_CONFIG_H
#define HAK_CONFIG_H

#ifndef HAK_LAYOUT_HEADERED
#define HAK_LAYOUT_HEADERED 0
#endif
#ifndef HAK_FRONT_CACHE
#define HAK_FRONT_CACHE 0
#endif
#ifndef HAK_GEOMETRY_C8
#define HAK_GEOMETRY_C8 0
#endif

/* The five defensive layers. */
#ifndef HAK_LAYER_PIN
#define HAK_LAYER_PIN 0
#endif
#ifndef HAK_LAYER_GUARD
#define HAK_LAYER_GUARD 0
#endif
#ifndef HAK_LAYER_NEXT
#define HAK_LAYER_NEXT 0
#endif
#ifndef HAK_LAYER_FREELIST
#define HAK_LAYER_FREELIST 0
#endif
#ifndef HAK_LAYER_HEAD
#define HAK_LAYER_HEAD 0
#endif

/* Debug builds check invariants and lock ranks; tests are built so. */
#ifndef HAK_DEBUG
#define HAK_DEBUG 0
#endif

/* List tracing (trace.h), for diagnosis: with it, the hot path asks whether it is switched on. */
#ifndef HAK_TRACE
#define HAK_TRACE 0
#endif

#ifndef HAK_VARIANT
#define HAK_VARIANT "layout=headerless,front=sll,layers=off,geometry=fine"
#endif
#if HAK_TRACE
#define HAK_VARIANT_BUILT HAK_VARIANT ",trace=on"
#else
#define HAK_VARIANT_BUILT HAK_VARIANT
#endif

#define HAK_PAGE_SHIFT      12
#define HAK_PAGE            (1ul << HAK_PAGE_SHIFT)
#define HAK_SLAB_SHIFT      16 /* a slab, and a granule of the class map, is 64 KiB */
#define HAK_SLAB            (1ul << HAK_SLAB_SHIFT)
#define HAK_SUPERSLAB_SHIFT 21 /* a SuperSlab is 2 MiB */
#define HAK_SUPERSLAB       (1ul << HAK_SUPERSLAB_SHIFT)
#define HAK_SLABS           (HAK_SUPERSLAB / HAK_SLAB) /* slab 0 holds the metadata */

#define HAK_WINDOW_SHIFT 40 /* what the class map covers of the address space: 1 TiB */
#define HAK_WINDOW       (1ul << HAK_WINDOW_SHIFT)
#define HAK_ADDRESS_BITS 48 /* of user addresses, at most: aarch64; x86-64 has 47 */

#define HAK_REGISTRY_CAPACITY (1ul << 20) /* SuperSlabs and huge blocks, together */

#define HAK_ALIGNMENT 16ul

#define HAK_PURGE_NS 500000000ul /* idle time after which free memory goes back to the system */

#endif
