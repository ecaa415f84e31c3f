/* What fork asks of an allocator: its handlers, and that they are the first.
 *
 * The C library runs prepare handlers last registered first, so ours is registered before any
 * other: by the library's constructor, or by the first call of pthread_atfork, whichever comes
 * first. When it runs, everybody else has what they need, and then, in this order: the calling
 * thread blocks all signals; the locks that others hold while they allocate, which nobody takes
 * while holding one of ours (the registration of fork handlers, the table of signal actions, the C
 * library's list of streams); all of our locks, in rising rank. So a thread that allocates with a
 * stream's lock or a library's own lock in its hands has always what it waits for given back.
 *
 * A handler that was installed by a raw system call and interrupts malloc may fork, too: nothing is
 * taken then, as this thread may hold some of it. The child of a process of one thread goes on as
 * its parent does; that of several may only exec or _exit. One lock is out of reach, that of the C
 * library's name service: a thread that reads nsswitch.conf for the first time while another
 * forks. */
#ifndef HAK_FORK_H
#define HAK_FORK_H

/* Registers the handlers, unless that is done. */
void fork_register(void);
/* Registers those of others, after ours; what the C library returns. `dso_handle`: as it has it. */
int fork_register_others(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                         void *dso_handle);

#endif
