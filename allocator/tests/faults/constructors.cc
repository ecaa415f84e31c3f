// Code that runs before the allocator's own constructor allocates: the pre-initialisation array,
// the earliest static objects, later ones; and code that runs after everything else frees: static
// destructors, atexit.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "allocator/tests/check.h"

namespace
{

uint8_t *earliest[64];

void allocate_earliest(int, char **, char **)
{
    for (size_t i = 0; i < 64; i++) {
        earliest[i] = static_cast<uint8_t *>(malloc(1 + i * 700));
        CHECK_BLOCK(earliest[i], 1 + i * 700);
        memset(earliest[i], static_cast<int>(i), 1 + i * 700);
    }
}

class Keeper
{
  public:
    explicit Keeper(size_t count)
    {
        for (size_t i = 0; i < count; i++)
            words_.push_back(std::make_unique<std::string>(i % 200, 'k'));
    }
    ~Keeper()
    {
        for (size_t i = 0; i < words_.size(); i++)
            CHECK(words_[i]->size() == i % 200, "word %zu", i);
        words_.clear();
        void *late = malloc(500);
        CHECK_BLOCK(late, 500);
        late = realloc(late, 90000);
        CHECK_BLOCK(late, 90000);
        free(late);
    }
    Keeper(const Keeper &) = delete;
    Keeper &operator=(const Keeper &) = delete;

  private:
    std::vector<std::unique_ptr<std::string>> words_;
};

__attribute__((init_priority(101))) Keeper early(3000);
Keeper plain(500);

void free_at_exit()
{
    for (size_t i = 0; i < 64; i++) {
        CHECK(earliest[i][0] == i && earliest[i][i * 700] == i, "block %zu", i);
        free(earliest[i]);
    }
}

} // namespace

__attribute__((section(".preinit_array"),
               used)) static void (*const first_of_all)(int, char **, char **) = allocate_earliest;

int main()
{
    check_identity();
    atexit(free_at_exit);
    Keeper local(1000);
    return 0;
}
