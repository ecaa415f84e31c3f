/* Producers end before their blocks are freed by others: nothing is lost, and the memory serves the
 * next round. */
#include <pthread.h>

#include "allocator/tests/check.h"

enum { PRODUCERS = 4, BLOCKS = 5000, ROUNDS = 30 };

static uint8_t *blocks[PRODUCERS][BLOCKS];

static size_t block_size(size_t producer, size_t i)
{
    return 8 + (i * 37 + producer * 11) % (i % 100 == 0 ? 30000 : 300);
}

static void *produce(void *argument)
{
    size_t producer = (uintptr_t)argument;
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = block_size(producer, i);
        blocks[producer][i] = malloc(size);
        CHECK_BLOCK(blocks[producer][i], size);
        pattern_write(blocks[producer][i], size, producer * BLOCKS + i);
    }
    return NULL;
}

static void consume(size_t producer)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = block_size(producer, i);
        CHECK(pattern_check(blocks[producer][i], size, producer * BLOCKS + i) == size,
              "block %zu of producer %zu was overwritten after the producer's end", i, producer);
        free(blocks[producer][i]);
    }
}

int main(void)
{
    check_identity();
    size_t early = 0;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[PRODUCERS];
        for (uintptr_t i = 0; i < PRODUCERS; i++)
            CHECK(pthread_create(&threads[i], NULL, produce, (void *)i) == 0, "thread");
        for (size_t i = 0; i < PRODUCERS; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < PRODUCERS; i++)
            consume(i);
        if (round == ROUNDS / 5)
            early = resident_bytes();
    }
    CHECK(resident_bytes() < early + (16 << 20), "%zu bytes early, %zu at the end", early,
          resident_bytes());
    return 0;
}
