/* What every black-box test program shares: a check that says where and why, a random number,
 * patterns that show who wrote over whom, and the proof that the malloc under test is the one
 * meant.
 *
 * The programs know only the C library's interface, so they run under any malloc; what the C
 * library itself does differently is asked for by on_hakmem(). Nothing here allocates by malloc. A
 * program exits 0 or dies at the first failed check with one line on stderr and exit 1. */
#ifndef ALLOCATOR_TESTS_CHECK_H
#define ALLOCATOR_TESTS_CHECK_H

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The environment names the shared object that malloc must come from; unset, it is the C library.
 */
#define CHECK_EXPECTED "EXPECTED_MALLOC"

/* stdio may allocate, so that a failure is told through a buffer on the stack. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            check_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                               \
    } while (0)

__attribute__((format(printf, 4, 5), noreturn, unused)) static void
check_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    char text[512];
    va_list arguments;
    int n = snprintf(text, sizeof text, "%s:%d: not %s: ", file, line, condition);
    va_start(arguments, format);
    if (n > 0 && (size_t)n < sizeof text)
        n += vsnprintf(text + n, sizeof text - (size_t)n, format, arguments);
    va_end(arguments);
    if ((size_t)n > sizeof text - 2)
        n = (int)sizeof text - 2;
    text[n] = '\n';
    if (write(STDERR_FILENO, text, (size_t)n + 1) < 0)
        _exit(1);
    _exit(1);
}

static inline bool on_hakmem(void)
{
    return dlsym(RTLD_DEFAULT, "hakmem_variant") != NULL;
}

/* Fails unless `symbol` comes from the object expected; to be called first (or last, by a program
 * whose first malloc matters). Compares as strings: the driver passes the same path to the loader.
 */
__attribute__((unused)) static void check_origin(const char *symbol)
{
    const char *expected = getenv(CHECK_EXPECTED);
    void *address = dlsym(RTLD_DEFAULT, symbol);
    Dl_info info;
    CHECK(address != NULL && dladdr(address, &info) != 0, "no %s anywhere", symbol);
    if (expected)
        CHECK(strcmp(info.dli_fname, expected) == 0, "%s comes from %s, expected %s", symbol,
              info.dli_fname, expected);
    else
        CHECK(strstr(info.dli_fname, "libc.so") != NULL, "%s comes from %s", symbol,
              info.dli_fname);
}

__attribute__((unused)) static void check_identity(void)
{
    check_origin("malloc");
    check_origin("free");
}

/* Hides a value from the compiler, which would refuse or fold what a test does on purpose. */
static inline size_t hide(size_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

__attribute__((unused)) static void *hide_pointer(void *pointer)
{
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

/* xorshift64*: `state` must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}

/* The pattern's bytes i .. i + 7, i a multiple of 8. */
static inline uint64_t pattern_word(uint64_t seed, size_t i)
{
    uint64_t x = (seed + i) * 0x9e3779b97f4a7c15ull;
    return x ^ x >> 29;
}

__attribute__((unused)) static void pattern_write(void *block, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = pattern_word(seed, i);
        memcpy((uint8_t *)block + i, &word, size - i < 8 ? size - i : 8);
    }
}

/* The offset of the first byte that is not the pattern's; `size` when all are. */
__attribute__((unused)) static size_t pattern_check(const void *block, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = pattern_word(seed, i);
        size_t n = size - i < 8 ? size - i : 8;
        if (memcmp((const uint8_t *)block + i, &word, n) == 0)
            continue;
        const uint8_t *byte = (const uint8_t *)&word;
        for (size_t k = 0; k < n; k++)
            if (((const uint8_t *)block)[i + k] != byte[k])
                return i + k;
    }
    return size;
}

__attribute__((unused)) static bool is_zero(const void *block, size_t size)
{
    const uint8_t *byte = (const uint8_t *)block;
    return size == 0 || (byte[0] == 0 && memcmp(byte, byte + 1, size - 1) == 0);
}

/* The alignment that malloc owes: 16 bytes, and 8 to a request that no 16-byte object fits in. */
static inline size_t owed_alignment(size_t size)
{
    return size <= 8 ? 8 : 16;
}

/* What every fresh block must be, whoever made it: there, aligned, usable and distinct by pattern.
 */
#define CHECK_BLOCK(block, size)                                                                   \
    do {                                                                                           \
        CHECK((block) != NULL, "size %zu", (size_t)(size));                                        \
        CHECK((uintptr_t)(block) % owed_alignment(size) == 0, "%p, size %zu", (void *)(block),     \
              (size_t)(size));                                                                     \
        CHECK(malloc_usable_size(block) >= (size_t)(size), "%zu of %zu bytes",                     \
              malloc_usable_size(block), (size_t)(size));                                          \
    } while (0)

/* Zeroed memory for the tests' own books, which must not disturb the malloc under test. */
__attribute__((unused)) static void *book_new(size_t size)
{
    void *book = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(book != MAP_FAILED, "mmap of %zu bytes: %s", size, strerror(errno));
    return book;
}

/* Sizes where an allocator changes its mind: 0 .. 4097 one by one, then every eighth of a doubling
 * and its neighbours up to `last`. Returns the size after `size`. */
__attribute__((unused)) static size_t next_edge(size_t size)
{
    if (size < 4097)
        return size + 1;
    size_t eighth = ((size_t)1 << (63 - __builtin_clzl(size))) / 8;
    size_t below = size / eighth * eighth;
    if (size == below || size == below + 1)
        return size == below ? below + 1 : below + eighth - 1;
    return below + eighth;
}

/* Resident bytes of this process. */
__attribute__((unused)) static size_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    char text[128];
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fgets(text, sizeof text, file) != NULL, "/proc/self/statm");
    fclose(file);
    CHECK(sscanf(text, "%lu %lu", &total, &resident) == 2, "%s", text);
    return resident * 4096;
}

/* A count from the command line, or its default; a test's length is chosen by who runs it. */
__attribute__((unused)) static size_t count_argument(int argc, char **argv, int index, size_t count)
{
    if (argc <= index)
        return count;
    char *end;
    unsigned long long value = strtoull(argv[index], &end, 10);
    CHECK(*argv[index] != '\0' && *end == '\0', "argument %d, %s, is no count", index, argv[index]);
    return (size_t)value;
}

/* Waits for a child that must end well. */
__attribute__((unused)) static void expect_success(pid_t child, const char *what)
{
    int status = 0;
    CHECK(child > 0, "fork: %s", strerror(errno));
    CHECK(waitpid(child, &status, 0) == child, "%s: waitpid: %s", what, strerror(errno));
    CHECK(!WIFSIGNALED(status), "%s: killed by signal %d", what, WTERMSIG(status));
    CHECK(WEXITSTATUS(status) == 0, "%s: exit %d", what, WEXITSTATUS(status));
}

#endif
