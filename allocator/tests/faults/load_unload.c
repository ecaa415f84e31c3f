/* `load_unload LIBRARY [TIMES]`: the allocator as a plugin, loaded and unloaded again and again
 * beside the C library's malloc, with threads that end after the unloading and a fork. */
#include <pthread.h>

#include "allocator/tests/check.h"

typedef void *malloc_function(size_t);
typedef void free_function(void *);

static pthread_barrier_t used, unloaded;

static malloc_function *find_malloc(void *library)
{
    void *symbol = dlsym(library, "malloc");
    CHECK(symbol != NULL, "no malloc: %s", dlerror());
    Dl_info info;
    CHECK(dladdr(symbol, &info) && strstr(info.dli_fname, "libc.so") == NULL, "malloc of %s",
          info.dli_fname);
    return (malloc_function *)(uintptr_t)symbol;
}

static void use(void *library)
{
    malloc_function *take = find_malloc(library);
    free_function *give = (free_function *)(uintptr_t)dlsym(library, "free");
    for (size_t size = 8; size < 3 << 20; size = size * 7 / 2) {
        uint8_t *block = take(size);
        CHECK(block != NULL, "size %zu", size);
        block[0] = block[size - 1] = 1;
        give(block);
    }
}

static void *use_and_wait(void *library)
{
    use(library);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&unloaded);
    return NULL; /* what the allocator does at thread exit, it does after dlclose */
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL, "dlopen: %s", dlerror());
    return library;
}

static void unload_under_a_thread(const char *path)
{
    pthread_t thread;
    void *library = load(path);
    CHECK(pthread_create(&thread, NULL, use_and_wait, library) == 0, "thread");
    pthread_barrier_wait(&used);
    CHECK(dlclose(library) == 0, "dlclose: %s", dlerror());
    pthread_barrier_wait(&unloaded);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        free(malloc(100));
        _exit(0);
    }
    expect_success(child, "fork after dlclose");
}

static size_t address_space_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%lu", &pages) == 1, "statm");
    fclose(file);
    return pages * 4096;
}

int main(int argc, char **argv)
{
    CHECK(argc > 1, "usage: load_unload LIBRARY [TIMES]");
    size_t times = count_argument(argc, argv, 2, 1000);
    pthread_barrier_init(&used, NULL, 2);
    pthread_barrier_init(&unloaded, NULL, 2);
    size_t before = 0;
    for (size_t i = 0; i < times; i++) {
        void *library = load(argv[1]);
        use(library);
        CHECK(dlclose(library) == 0, "dlclose: %s", dlerror());
        if (i % 100 == 50)
            unload_under_a_thread(argv[1]);
        if (i == times / 10)
            before = address_space_bytes();
    }
    size_t grown = address_space_bytes() - before;
    CHECK(address_space_bytes() < before || grown < 256 << 20, "%zu MiB of address space leaked",
          grown >> 20);
    return 0;
}
