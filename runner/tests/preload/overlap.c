/* An allocator with the worst bug: the next block begins inside the one before. */
#define BUMP_STEP(size) ((size) < 200 ? (size) : (size) / 2)

#include "runner/tests/preload/bump.h"
