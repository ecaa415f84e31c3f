#include "allocator/layers/layer_pin.h"

#include "allocator/diagnostics/fail.h"

void pin_report(const struct slab *slab, int32_t pins)
{
    fail_report(&(struct fail_event){.tag = pins < 0 ? "PIN_UNDERFLOW" : "PIN_OVERFLOW",
                                     .layer = "pin",
                                     .action = "counted",
                                     .address = slab_start(slab),
                                     .superslab = superslab_of(slab),
                                     .class = (int)slab_class(slab)});
}
