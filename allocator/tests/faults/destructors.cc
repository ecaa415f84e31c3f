// Memory is freed and taken while a thread ends: by destructors of thread_local objects, by those
// of pthread keys in all their rounds (so after the allocator's own), and at the end of the
// process.
#include <climits>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

#include "allocator/tests/check.h"

namespace
{

constexpr int kThreads = 600;
constexpr int kKeys = 3;
pthread_key_t keys[kKeys];

struct Record {
    int round;
    size_t size;
    void *block;
};

// The destructor of a key sets the key again, so that it runs in the last round too.
void end_record(void *pointer)
{
    Record *record = static_cast<Record *>(pointer);
    CHECK(static_cast<uint8_t *>(record->block)[record->size - 1] == 9, "size %zu", record->size);
    free(record->block);
    if (++record->round >= PTHREAD_DESTRUCTOR_ITERATIONS) {
        free(record);
        return;
    }
    record->size = record->size * 3 + 5;
    record->block = malloc(record->size);
    CHECK_BLOCK(record->block, record->size);
    memset(record->block, 9, record->size);
    for (pthread_key_t key : keys)
        if (pthread_getspecific(key) == nullptr) {
            pthread_setspecific(key, record);
            return;
        }
}

void begin_record(pthread_key_t key, size_t size)
{
    Record *record = static_cast<Record *>(malloc(sizeof *record));
    CHECK_BLOCK(record, sizeof *record);
    *record = {0, size, malloc(size)};
    CHECK_BLOCK(record->block, size);
    memset(record->block, 9, size);
    pthread_setspecific(key, record);
}

struct Diary {
    std::vector<std::string> pages;
    ~Diary()
    {
        for (const std::string &page : pages)
            CHECK(page.find_first_not_of('p') == std::string::npos, "%s", page.c_str());
        pages.clear();
        pages.shrink_to_fit();
        std::vector<std::string> again(50, std::string(400, 'q'));
        free(hide_pointer(malloc(again.size() * 3000)));
    }
};

thread_local Diary diary;

void live(int n)
{
    for (int i = 0; i < kKeys; i++)
        begin_record(keys[i], static_cast<size_t>(8 + n % 40 * 30 + i));
    for (int i = 0; i < 30; i++)
        diary.pages.push_back(std::string(static_cast<size_t>(i * n % 900), 'p'));
}

} // namespace

int main()
{
    check_identity();
    for (pthread_key_t &key : keys)
        CHECK(pthread_key_create(&key, end_record) == 0, "key");
    size_t early = 0;
    for (int n = 0; n < kThreads; n++) {
        std::thread one(live, n), other(live, n + 1);
        one.join();
        other.join();
        if (n == kThreads / 4)
            early = resident_bytes();
    }
    CHECK(resident_bytes() < early + (16 << 20), "%zu bytes early, %zu at the end", early,
          resident_bytes());
    live(7); // and once in the main thread, whose thread_local objects end with the process
    return 0;
}
