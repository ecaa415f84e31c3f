/* Makes the kernel refuse system calls, below whatever the allocator uses to make them (seccomp
 * filters).
 *
 * refuse_with_count: a supervisor in the parent counts one system call of the child and refuses the
 * nth, once or for ever. refuse_big_maps: all anonymous mmaps from a size on fail, in this process
 * and after exec. Where the machine forbids filters, the program ends by exit 77, which means
 * skipped. */
#ifndef ALLOCATOR_TESTS_FAULTS_REFUSE_H
#define ALLOCATOR_TESTS_FAULTS_REFUSE_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "allocator/tests/check.h"

enum { REFUSE_SKIPPED = 77 };

#define REFUSE_FIELD(field) (uint32_t) offsetof(struct seccomp_data, field)

static inline void refuse_skip(void)
{
    static const char why[] = "skipped: this machine forbids seccomp filters\n";
    _exit(write(STDERR_FILENO, why, sizeof why - 1) < 0 ? 1 : REFUSE_SKIPPED);
}

static inline int refuse_install(struct sock_filter *code, unsigned short length, unsigned flags)
{
    struct sock_fprog program = {length, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        refuse_skip();
    int answer = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (answer < 0)
        refuse_skip();
    return answer;
}

/* From here on every anonymous mmap of at least `bytes` fails with ENOMEM; bytes < 4 GiB. */
static inline void refuse_big_maps(uint32_t bytes)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REFUSE_FIELD(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 6),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REFUSE_FIELD(args[4])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffffu, 0, 4), /* fd -1: anonymous */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REFUSE_FIELD(args[1]) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3), /* 4 GiB or more */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REFUSE_FIELD(args[1])),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, bytes, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
    };
    refuse_install(code, sizeof code / sizeof *code, 0);
}

static inline void refuse_send_listener(int channel, int listener)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &listener, sizeof listener);
    CHECK(sendmsg(channel, &message, 0) == 1, "sendmsg: %s", strerror(errno));
}

/* The listener that the child sent; -1 when the child ended instead. */
static inline int refuse_receive_listener(int channel)
{
    char control[CMSG_SPACE(sizeof(int))];
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    int listener = -1;
    if (recvmsg(channel, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
        memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof listener);
    return listener;
}

/* In the child: from here on the parent is asked about every system call `number`. */
static inline void refuse_begin(int channel, uint32_t number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REFUSE_FIELD(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    int listener =
        refuse_install(code, sizeof code / sizeof *code, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    refuse_send_listener(channel, listener);
    close(listener);
}

/* In the parent, until the child ends: the nth call fails with ENOMEM, and all after it when
 * `for_ever`. Returns how many calls there were. */
static inline size_t refuse_supervise(int listener, size_t nth, bool for_ever)
{
    size_t calls = 0;
    struct pollfd poller = {listener, POLLIN, 0};
    while (poll(&poller, 1, -1) == 1 && (poller.revents & POLLIN)) {
        struct seccomp_notif request = {0};
        struct seccomp_notif_resp response = {0};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
            continue; /* the child was killed while it waited */
        calls++;
        response.id = request.id;
        if (calls == nth || (for_ever && calls > nth))
            response.error = -ENOMEM;
        else
            response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
    return calls;
}

#endif
