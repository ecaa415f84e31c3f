#include "allocator/layers/layers_test.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/layers/layers.h"
#include "allocator/space/superslab.h"

uintptr_t layout_secret;

/* The slab of the class that an address stands in, wherever that is; NULL when there is none. */
static const struct slab *slab_at(const void *p, unsigned class)
{
    struct registry_entry entry = registry_find(p);
    if (entry.kind != REGISTRY_SUPERSLAB)
        return NULL;
    const struct superslab *superslab = entry.owner;
    const struct slab *slab = slab_of(p);
    bool is_slab =
        atomic_load_explicit(&superslab->kind, memory_order_relaxed) == SUPERSLAB_SLABS &&
        (const void *)slab != superslab && slab_state(slab) != SLAB_EMPTY;
    return is_slab && slab_class(slab) == class ? slab : NULL;
}

/* Does a block of the slab that was carved begin at the address? */
static bool is_block(const struct slab *slab, const void *p, unsigned class)
{
    uintptr_t offset = (uintptr_t)p & (HAK_SLAB - 1);
    uint32_t index =
        layout_index(slab_start(slab), class, slab->stride, (hak_user){(void *)(uintptr_t)p});
    return offset % slab->stride == 0 &&
           index < atomic_load_explicit(&slab->carved, memory_order_relaxed);
}

/* Leads the link of a free block to a block of the class, wherever that is, or to none? */
static bool seal_fits(const void *p, unsigned class)
{
    const void *next = layout_next((hak_user){(void *)(uintptr_t)p});
    return !next || (((uintptr_t)next & 7) == 0 && slab_at(next, class));
}

/* Bears the block the mark of a free one? */
static bool is_marked_free(const void *p, unsigned class)
{
    return layout_has_header(class) ? head_header_is_free(p, class) : seal_fits(p, class);
}

static void report(const char *tag, const char *layer, const char *action, const void *p, int class)
{
    struct registry_entry entry = registry_find(p);
    fail_report(
        &(struct fail_event){.tag = tag,
                             .layer = layer,
                             .action = action,
                             .address = p,
                             .superslab = entry.kind == REGISTRY_SUPERSLAB ? entry.owner : NULL,
                             .class = class});
}

void layers_init(void)
{
    if (HAK_LAYER_HEAD || HAK_LAYER_NEXT)
        layout_secret = os_random() | 1;
    if (HAK_LAYER_HEAD)
        head_init();
}

bool layers_find_leave(const void *p, unsigned class)
{
    const struct slab *slab = slab_at(p, class);
    bool fits = slab && ((uintptr_t)p & 7) == 0;
    if (HAK_LAYER_HEAD && !(fits && is_block(slab, p, class) && is_marked_free(p, class))) {
        report("TLS_SLL_HDR_RESET", "head", "list dropped", p, (int)class);
        return false;
    }
    if (!fits) {
        report("TLS_SLL_NEXT_INVALID", "next", "list dropped", p, (int)class);
        return false;
    }
    return true;
}

bool layers_find_follow(const void *p, const void *next, unsigned class)
{
    /* Without a header the seal is head's mark. */
    if (HAK_LAYER_HEAD && !layout_has_header(class) && !seal_fits(p, class)) {
        report("TLS_SLL_HDR_RESET", "head", "list cut", p, (int)class);
        return false;
    }
    if (!next)
        return true;
    const struct slab *slab = slab_at(next, class);
    bool fits = slab && ((uintptr_t)next & 7) == 0;
    if (HAK_LAYER_NEXT && !fits) {
        report("TLS_SLL_NEXT_INVALID", "next", "list cut", p, (int)class);
        return false;
    }
    if (HAK_LAYER_HEAD && !(fits && is_block(slab, next, class) && is_marked_free(next, class))) {
        report("TLS_SLL_HDR_RESET", "head", "list cut", next, (int)class);
        return false;
    }
    return true;
}

bool layers_find_enter(const void *p, unsigned class)
{
    const struct slab *slab = slab_at(p, class);
    const char *tag = NULL;
    if (!slab)
        tag = "TLS_SLL_PUSH_NO_SS";
    else if (!is_block(slab, p, class))
        tag = "NORMALIZE_USERPTR";
    else if (layout_has_header(class) && head_header_is_free(p, class))
        tag = "DOUBLE_FREE";
    else if (!head_may_be_live(p, class))
        tag = "TLS_SLL_SANITIZE";
    if (tag)
        report(tag, "head", "refused", p, (int)class);
    return !tag;
}

void layers_report_size(const void *p, int class)
{
    report("FREE_SIZE", "head", "freed", p, class);
}
