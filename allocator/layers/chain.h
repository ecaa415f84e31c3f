/* A list of free blocks with its length, as it is handed from one owner to the next. The links are
 * in the blocks (layout.h); who holds the chain owns them. */
#ifndef HAK_CHAIN_H
#define HAK_CHAIN_H

#include <stdint.h>

struct chain {
    void *head; /* user pointer of the first block, NULL when empty */
    uint32_t count;
};

#endif
