/* A signal at every instruction of malloc and its relatives, and its handler allocates and keeps
 * what it gets, jumps out, or forks. Nothing may be mixed up, hang or be reported.
 *
 * The processor traps after every instruction of a call. The trap's handler, which is installed
 * past the C library so that the allocator knows nothing of it, sends the signal at the
 * instruction whose turn it is; so it has interrupted just that, whatever the machine and its
 * speed. */
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "allocator/tests/check.h"

enum {
    KEPT = 1 << 16,
    EACH = 300,
    TRAP_FLAG = 0x100,
    STEPS_MAX = 1200,
    FORK_EVERY = 9,
    SKIPPED = 77
};

/* FORK_RAW: by a handler that was installed past the C library, too. */
enum ending { RETURN, JUMP, FORK, FORK_RAW, ENDINGS };

static struct {
    volatile size_t steps, turn; /* instructions of this call; the one to be interrupted */
    volatile bool sent, came;
    enum ending ending;
    sigjmp_buf back;
} now;
static uint64_t *kept[KEPT];
static size_t kept_sizes[KEPT], kept_count;
static size_t comings, forks;

/* --- the handler ----------------------------------------------------------------------------- */

static void keep(size_t size)
{
    if (kept_count == KEPT)
        return;
    uint64_t *p = malloc(size);
    CHECK(p != NULL, "size %zu", size);
    pattern_write((uint8_t *)p, size, kept_count);
    kept_sizes[kept_count] = size;
    kept[kept_count++] = p;
}

static void check_kept(void)
{
    for (size_t i = 0; i < kept_count; i++) {
        size_t good = pattern_check((uint8_t *)kept[i], kept_sizes[i], i);
        CHECK(good == kept_sizes[i], "kept block %zu at %p: byte %zu", i, (void *)kept[i], good);
    }
}

static void free_kept(void)
{
    check_kept();
    while (kept_count > 0)
        free(kept[--kept_count]);
}

static void use_every_class(void)
{
    static const size_t big[] = {1500, 3000, 7000, 15000, 30000, 50000, 200000, 900000, 3000000};
    for (size_t i = 0; i < 70; i++) {
        size_t size = i < 61 ? 8 + i * 17 : big[i - 61];
        uint8_t *p = malloc(size);
        CHECK(p != NULL, "size %zu", size);
        p[0] = p[size - 1] = 1;
        free(p);
    }
}

static void fork_here(void)
{
    pid_t child = fork();
    if (child == 0) {
        use_every_class();
        return; /* and goes on with the call that was interrupted: see finish_child */
    }
    expect_success(child, "a child of a handler");
    forks++;
}

static pid_t own_pid;

static void on_signal(int number, siginfo_t *information, void *context)
{
    (void)number, (void)context;
    int error = errno;
    now.came = true;
    comings++;
    CHECK(information->si_code == SI_QUEUE && information->si_int == (int)now.turn,
          "siginfo: code %d, value %d, not %zu", information->si_code, information->si_int,
          now.turn);
    if (now.ending == FORK_RAW) {
        fork_here();
        errno = error;
        return;
    }
    keep(8 + comings % 60 * 16);
    void *returned = malloc(48);
    keep(48);
    if (comings % 64 == 0)
        keep(40000 + comings % 7 * 30000);
    free(returned);
    if (now.ending == FORK && comings % FORK_EVERY == 0)
        fork_here();
    errno = error;
    if (now.ending == JUMP)
        siglongjmp(now.back, 1);
}

/* --- where it comes -------------------------------------------------------------------------- */

static void on_step(int number, siginfo_t *information, void *context)
{
    (void)number, (void)information;
    int error = errno;
    now.steps++;
    if (now.steps == now.turn) {
        siginfo_t sent = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
        sent.si_pid = getpid();
        sent.si_int = (int)now.turn;
        now.sent =
            syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGUSR1, &sent) == 0;
        CHECK(now.sent, "rt_tgsigqueueinfo: %s", strerror(errno));
    }
    if (now.steps >= now.turn)
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    errno = error;
}

__attribute__((always_inline)) static inline void trap(bool on)
{
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"
                         "lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    else
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"
                         "lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
}

static int (*past)(int, const struct sigaction *, struct sigaction *);

static void install(void)
{
    *(void **)&past = dlsym(RTLD_DEFAULT, "__sigaction");
    struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    sigfillset(&step.sa_mask);
    CHECK(past && past(SIGTRAP, &step, NULL) == 0, "SIGTRAP: %s", strerror(errno));
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1: %s", strerror(errno));
}

/* --- the calls ------------------------------------------------------------------------------- */

struct call {
    const char *name;
    size_t size, before; /* `before` blocks are taken and freed first, so that a bin is full, say */
    char what;           /* m, f, r, c, a */
};

static const struct call calls[] = {
    {"malloc, fast", 48, 8, 'm'},
    {"malloc, refill", 600, 0, 'm'},
    {"free, fast", 48, 8, 'f'},
    {"free, drain", 64, EACH, 'f'},
    {"malloc, wide", 20000, 0, 'm'},
    {"free, wide", 20000, 3, 'f'},
    {"malloc, 200 kB", 200000, 0, 'm'},
    {"free, 200 kB", 200000, 0, 'f'},
    {"malloc, 20 MB", 20000000, 0, 'm'},
    {"realloc", 100, 8, 'r'},
    {"calloc", 72, 8, 'c'},
    {"aligned_alloc", 128, 0, 'a'},
};

/* What the call finds: blocks freed in its class, one of them left; the thread's bins emptied now
 * and then, so that it is slow. */
static uint8_t *prepare(const struct call *call, size_t turn)
{
    static void *blocks[EACH];
    if (call->before == 0 || turn % 32 == 0)
        malloc_trim(0);
    for (size_t i = 0; i < call->before; i++)
        blocks[i] = malloc(call->size);
    for (size_t i = 0; i < call->before; i++)
        free(blocks[i]);
    uint8_t *p = call->what == 'f' || call->what == 'r' ? malloc(call->size) : NULL;
    if (p)
        pattern_write(p, call->size & ~(size_t)7, turn);
    return p;
}

static uint8_t *perform(const struct call *call, uint8_t *p)
{
    uint8_t *result = NULL;
    trap(true);
    switch (call->what) {
    case 'm':
        result = malloc(call->size);
        break;
    case 'f':
        free(p);
        break;
    case 'r':
        result = realloc(p, call->size * 9);
        break;
    case 'c':
        result = calloc(1, call->size);
        break;
    default:
        result = aligned_alloc(64, call->size);
    }
    trap(false);
    return result;
}

/* A child that a handler forked has gone on with the call, and that has ended. */
static void finish_child(void)
{
    if (getpid() == own_pid)
        return;
    use_every_class();
    check_kept();
    _exit(0);
}

/* False when the call has ended before its turn came. */
static bool interrupt_at(const struct call *call, size_t turn)
{
    uint8_t *volatile p = prepare(call, turn);
    now.steps = 0;
    now.sent = now.came = false;
    now.turn = turn;
    if (sigsetjmp(now.back, 1) == 0) {
        uint8_t *result = perform(call, p);
        finish_child();
        CHECK(call->what == 'f' || result != NULL, "%s, turn %zu", call->name, turn);
        CHECK(now.came == now.sent, "%s, turn %zu: the signal was lost", call->name, turn);
        if (call->what == 'r') {
            size_t kept_bytes = call->size & ~(size_t)7;
            CHECK(pattern_check(result, kept_bytes, turn) == kept_bytes, "moved, turn %zu", turn);
        }
        if (result)
            memset(result, 0xee, call->what == 'm' && call->size > 300000 ? 1 : call->size);
        free(result);
    }
    sigset_t mask;
    CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR1) &&
              !sigismember(&mask, SIGALRM),
          "%s, turn %zu: the mask has not come back", call->name, turn);
    return now.sent;
}

static void interrupt_everywhere(enum ending ending)
{
    /* Every instruction for a while, then more and more thinly; most thinly where each costs a
     * fork. */
    static const size_t thinning[ENDINGS] = {24, 8, 8, 2};
    now.ending = ending;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        size_t turn = 1;
        while (turn < STEPS_MAX && interrupt_at(&calls[i], turn))
            turn += 1 + turn / thinning[ending];
        CHECK(turn > 8, "%s: %zu turns", calls[i].name, turn);
        if (i % 3 == 2)
            free_kept();
    }
    free_kept();
}

int main(void)
{
    unsigned long (*count)(unsigned) = NULL, (*corruptions)(void) = NULL;
    check_identity();
    if (!on_hakmem()) {
        puts("skipped: only hakmem promises this");
        return SKIPPED;
    }
    own_pid = getpid();
    *(void **)&count = dlsym(RTLD_DEFAULT, "hakmem_signals");
    *(void **)&corruptions = dlsym(RTLD_DEFAULT, "hakmem_corruptions");
    CHECK(count != NULL && corruptions != NULL, "no counts");
    install();
    for (enum ending ending = RETURN; ending < ENDINGS; ending++) {
        struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
        if (ending == FORK_RAW)
            CHECK(past(SIGUSR1, &action, NULL) == 0, "SIGUSR1: %s", strerror(errno));
        interrupt_everywhere(ending);
    }
    CHECK(count(0) > 100 && count(1) > 100 && count(2) > 100,
          "%lu handlers were put off, %lu shielded, %lu called at once", count(0), count(1),
          count(2));
    CHECK(forks > 30, "%zu forks in handlers", forks);
    CHECK(corruptions() == 0, "%lu reports", corruptions());
    return 0;
}
