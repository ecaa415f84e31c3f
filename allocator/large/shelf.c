#include "allocator/large/shelf.h"

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/large/ace.h"

static void give_oldest(struct shelf *shelf, uint64_t now)
{
    void *p = shelf->place[0].p;
    shelf->count--;
    for (uint32_t i = 0; i < shelf->count; i++)
        shelf->place[i] = shelf->place[i + 1];
    ace_free(p, now);
}

void *shelf_take(struct shelf *shelf, size_t bytes)
{
    for (uint32_t i = shelf->count; i-- > 0;) {
        if (shelf->place[i].bytes != bytes)
            continue;
        void *p = shelf->place[i].p;
        shelf->count--;
        for (; HAK_UNLIKELY(i < shelf->count); i++)
            shelf->place[i] = shelf->place[i + 1];
        shelf->turns++;
        ace_take_up(p);
        return p;
    }
    return NULL;
}

void shelf_put(struct shelf *shelf, void *p, size_t bytes)
{
    if (HAK_UNLIKELY(shelf->count == SHELF_PLACES))
        give_oldest(shelf, os_clock_coarse_ns());
    shelf->place[shelf->count++] = (struct shelved){.p = p, .bytes = bytes};
    shelf->turns++;
}

void shelf_clear(struct shelf *shelf, uint64_t now)
{
    while (shelf->count)
        give_oldest(shelf, now);
}

void shelf_age(struct shelf *shelf, uint64_t now)
{
    if (shelf->turns == shelf->aged)
        shelf_clear(shelf, now);
    shelf->aged = shelf->turns;
}
