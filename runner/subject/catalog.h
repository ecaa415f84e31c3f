/* The two lists that the whole suite shares, as data: allocator/variants/matrix.txt (axes,
 * peers, takes) and workloads/workloads.txt (rows). Knows their grammar and nothing of files
 * that they lead to. Everything read lives in the caller's arena.
 */
#ifndef RUNNER_CATALOG_H
#define RUNNER_CATALOG_H

#include "runner/base/text.h"

#include <stdbool.h>

enum {
    CATALOG_AXES_MAX = 12,
    CATALOG_PARTS_MAX = 8,
    CATALOG_PEERS_MAX = 32,
    CATALOG_ROWS_MAX = 64,
    CATALOG_TAKES_MAX = 64
};

enum catalog_mode { MODE_QUICK, MODE_DEFAULT, MODE_FULL, MODE_COUNT };

const char *catalog_mode_name(enum catalog_mode mode);
bool catalog_mode_from_name(const char *name, enum catalog_mode *mode);

/* Sets of variants: what each mode measures, under the mode's own number, and what tests run on. */
enum catalog_set {
    SET_QUICK = MODE_QUICK,
    SET_DEFAULT = MODE_DEFAULT,
    SET_FULL = MODE_FULL,
    SET_MISUSE,
    SET_UNITS,
    SET_BLACKBOX,
    SET_COUNT
};

/* An axis of the variants. values.at[0] is the release default. Of an axis with parts the first
 * value has none of them, the second all; the others are parts joined by '+', in their order. */
struct catalog_axis {
    const char *name;
    bool at_start; /* chosen by environment at start-up, not in the build */
    struct strings values, parts;
};

/* The values for people: "a, b", or "off, all or any of pin, next joined by +". */
const char *catalog_axis_choices(struct arena *arena, const struct catalog_axis *axis);

/* soname "-": nothing to preload, the C library itself. */
struct catalog_peer {
    const char *name, *soname, *package;
};

/* taken[axis]: the values of it that the set takes. */
struct catalog_take {
    enum catalog_set set;
    struct strings taken[CATALOG_AXES_MAX];
};

struct catalog_row {
    const char *name, *program, *about;
    struct strings arguments[MODE_COUNT];
    bool has_mode[MODE_COUNT];
};

struct catalog {
    struct catalog_axis axes[CATALOG_AXES_MAX];
    struct catalog_peer peers[CATALOG_PEERS_MAX];
    struct catalog_take takes[CATALOG_TAKES_MAX];
    struct catalog_row rows[CATALOG_ROWS_MAX];
    int axis_count, peer_count, take_count, row_count;
};

/* 0, or -1 with "file:line: what is wrong". */
int catalog_read(struct arena *arena, const char *matrix_path, const char *rows_path,
                 struct catalog *catalog, struct problem *problem);

const struct catalog_row *catalog_find_row(const struct catalog *catalog, const char *name);

#endif
