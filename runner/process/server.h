/* A client that is timed while the server that it asks is a sample: the server runs as any sample
 * does, proved and accounted for, and a process beside the runner waits until it is ready, has
 * hyperfine time the client, and tells the server to end.
 *
 * Ready is what sd_notify(3) says it is: a datagram READY=1 to the socket that NOTIFY_SOCKET names.
 */
#ifndef RUNNER_SERVER_H
#define RUNNER_SERVER_H

#include "runner/process/hyperfine.h"

#include <sys/types.h>

struct server_client {
    struct hyperfine_call call;  /* of the client */
    const char *const *farewell; /* a command that ends the server */
    const char *notify;          /* path of the socket; at most 107 bytes */
    pid_t driver;                /* the process beside us; 0: none */
    int reasons;                 /* what it says when it fails */
};

/* Before the server is started. -1 with the problem. */
int server_client_start(struct server_client *client, struct problem *problem);

/* When the server has ended. `is_ok`: it ended as it should; else the client is given up. Failed,
 * with the problem. */
enum hyperfine_end server_client_end(struct server_client *client, bool is_ok,
                                     struct problem *problem);

#endif
