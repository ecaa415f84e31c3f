/* Interrupts calls of malloc and its relatives by their own progress, so that neither the speed of
 * the machine nor what else runs on it decides where and how often.
 *
 * Between interrupt_begin and interrupt_end the processor traps after every instruction, and the
 * kernel turns each trap into SIGTRAP: an asynchronous signal's handler in every way, at a place
 * that is chosen here. The handler of the test is called at some of them, more thinly the longer a
 * call takes, and never within itself. What is stepped is bounded by INTERRUPT_STEPS a call, as a
 * trap may cost a virtual machine 20 us and more. */
#ifndef ALLOCATOR_TESTS_INTERRUPT_H
#define ALLOCATOR_TESTS_INTERRUPT_H

#include <signal.h>
#include <ucontext.h>

#include "allocator/tests/check.h"

enum { INTERRUPT_STEPS = 1500, INTERRUPT_TRAP_FLAG = 0x100 };

/* Where a call was interrupted: in malloc's own code, among the first instructions of the call,
 * which are the fast path, or later; or where the kernel had just done something for it. */
enum interrupt_place { INTERRUPT_FAST, INTERRUPT_SLOW, INTERRUPT_KERNEL, INTERRUPT_PLACES };
enum { INTERRUPT_FAST_STEPS = 24 };

static struct {
    void (*handler)(void);
    const void *object;                       /* whose code malloc is */
    volatile size_t steps;                    /* of this call, in any code */
    volatile size_t until;                    /* steps to the next interrupt */
    volatile size_t places[INTERRUPT_PLACES]; /* interrupts of this call */
    uint64_t random;
} interrupts = {.random = 20};

static inline const void *interrupt_object_at(const void *address)
{
    struct dl_find_object found;
    return _dl_find_object((void *)(uintptr_t)address, &found) == 0 ? found.dlfo_link_map : NULL;
}

/* The trap after `syscall` comes one instruction late: with a wrapper of the C library that is the
 * comparison of the result, six bytes. */
static inline bool interrupt_is_after_kernel(const uint8_t *at)
{
    return (at[-2] == 0x0f && at[-1] == 0x05) || (at[-8] == 0x0f && at[-7] == 0x05);
}

static void interrupt_step(int number, siginfo_t *information, void *context)
{
    (void)number, (void)information;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)registers[REG_RIP];
    if (++interrupts.steps >= INTERRUPT_STEPS)
        registers[REG_EFL] &= ~(greg_t)INTERRUPT_TRAP_FLAG;
    const bool after_kernel = interrupt_is_after_kernel(at);
    if (--interrupts.until > 0 && !after_kernel)
        return;
    interrupts.until = 1 + next_random(&interrupts.random) % (8 + interrupts.steps / 2);
    if (after_kernel)
        interrupts.places[INTERRUPT_KERNEL]++;
    else if (interrupt_object_at(at) == interrupts.object)
        interrupts
            .places[interrupts.steps <= INTERRUPT_FAST_STEPS ? INTERRUPT_FAST : INTERRUPT_SLOW]++;
    int error = errno;
    interrupts.handler();
    errno = error;
}

/* To be called once; `handler` is free to allocate. */
__attribute__((unused)) static void interrupt_set(void (*handler)(void))
{
    struct sigaction action = {.sa_sigaction = interrupt_step, .sa_flags = SA_SIGINFO | SA_RESTART};
    interrupts.handler = handler;
    interrupts.object = interrupt_object_at(dlsym(RTLD_DEFAULT, "malloc"));
    CHECK(interrupts.object != NULL, "nobody owns malloc");
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "sigaction: %s", strerror(errno));
}

__attribute__((always_inline)) static inline void interrupt_begin(void)
{
    interrupts.steps = 0;
    interrupts.until = 1 + next_random(&interrupts.random) % 8;
    for (int place = 0; place < INTERRUPT_PLACES; place++)
        interrupts.places[place] = 0;
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}

__attribute__((always_inline)) static inline void interrupt_end(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}

#endif
