// The service behind the proxies under test: answers every HTTP/1.1 request with a body of 128 bytes, or of as many as its
// path says in "/size-N", as cheaply as one epoll loop can, so that it never is what the benchmark measures.
//
//   backend PORT...        one listener per port, keep-alive, request bodies not supported, pipelining of small bodies only
//
// A request that carries "x-probe:" is answered with the port it reached and the request head as the proxy sent it:
// the driver checks with it that every proxy routes alike and adds a request id.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 65536, BUFFER_BYTES = 16384, BODY_BYTES = 128, BLOCK_BYTES = 256 * 1024 };

struct connection {
    int port;       // the listener's port; 0 when the descriptor is a listener or unused
    int filled;     // bytes of an incomplete head kept in buffer
    char *buffer;   // owned only while a head is incomplete
    long owed;      // bytes of a large body that are still to be sent
};

static struct connection connections[MAX_CONNECTIONS];
static int listener_port[MAX_CONNECTIONS];
static char block[BLOCK_BYTES];
static char reply[512];
static int reply_length;
static int epoll_fd;

static void drop(int fd)
{
    free(connections[fd].buffer);
    connections[fd] = (struct connection){0};
    close(fd);
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        fprintf(stderr, "backend: cannot listen on 127.0.0.1:%d: %s\n", port, strerror(errno));
        exit(2);
    }
    listener_port[fd] = port;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return fd;
}

static void accept_all(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
        if (fd < 0) return;
        if (fd >= MAX_CONNECTIONS) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections[fd].port = listener_port[listener];
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static int answer_probe(int fd, const char *head, int length)
{
    char out[BUFFER_BYTES + 512];
    char tag[32];
    int tag_length = snprintf(tag, sizeof tag, "port=%d\n", connections[fd].port);
    int size = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s", tag_length + length, tag);
    memcpy(out + size, head, length);
    return send(fd, out, size + length, MSG_NOSIGNAL) == size + length;
}

static void watch(int fd, int how)
{
    struct epoll_event event = {.events = how | EPOLLRDHUP, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

// Sends what is owed of a large body, as far as the socket takes it; 0 when the connection must end.
static int pay(int fd)
{
    struct connection *c = &connections[fd];
    while (c->owed > 0) {
        ssize_t sent = send(fd, block, c->owed < BLOCK_BYTES ? c->owed : BLOCK_BYTES, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) { watch(fd, EPOLLOUT); return 1; }
        if (sent <= 0) return 0;
        c->owed -= sent;
        if (c->owed == 0) watch(fd, EPOLLIN);
    }
    return 1;
}

static int answer_large(int fd, long size)
{
    char head[256];
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nserver: backend\r\ncontent-type: text/plain\r\ncontent-length: %ld\r\n\r\n", size);
    if (send(fd, head, length, MSG_NOSIGNAL | MSG_MORE) != length) return 0;
    connections[fd].owed = size;
    return pay(fd);
}

// Answers each complete head in bytes; returns how many bytes were consumed, or -1 when the connection must end.
static int answer(int fd, const char *bytes, int length)
{
    int used = 0, plain = 0;
    while (used < length) {
        const char *end = memmem(bytes + used, length - used, "\r\n\r\n", 4);
        if (!end) break;
        int head = (int)(end + 4 - (bytes + used));
        const char *size;
        if (memmem(bytes + used, head, "x-probe:", 8)) {
            if (!answer_probe(fd, bytes + used, head)) return -1;
        } else if ((size = memmem(bytes + used, head, "/size-", 6))) {
            if (!answer_large(fd, atol(size + 6))) return -1;
        } else {
            plain++;
        }
        used += head;
    }
    for (; plain > 0; plain--)
        if (send(fd, reply, reply_length, MSG_NOSIGNAL) != reply_length) return -1;
    return used;
}

static void serve(int fd)
{
    static char scratch[BUFFER_BYTES];
    struct connection *c = &connections[fd];
    char *bytes = c->filled ? c->buffer : scratch;
    ssize_t got = recv(fd, bytes + c->filled, BUFFER_BYTES - c->filled, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { drop(fd); return; }
    int length = c->filled + (int)got, used = answer(fd, bytes, length);
    if (used < 0 || length - used == BUFFER_BYTES) { drop(fd); return; }
    c->filled = length - used;
    if (c->filled == 0) { free(c->buffer); c->buffer = NULL; return; }
    if (!c->buffer) c->buffer = malloc(BUFFER_BYTES);
    memmove(c->buffer, bytes + used, c->filled);
}

int main(int argc, char **argv)
{
    if (argc < 2) { fprintf(stderr, "usage: backend PORT...\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files = {MAX_CONNECTIONS, MAX_CONNECTIONS};
    setrlimit(RLIMIT_NOFILE, &files);
    char body[BODY_BYTES + 1];
    memset(body, 'w', BODY_BYTES);
    memset(block, 'w', BLOCK_BYTES);
    body[BODY_BYTES] = 0;
    reply_length = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nserver: backend\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s", BODY_BYTES, body);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 1; i < argc; i++) listen_on(atoi(argv[i]));
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (listener_port[fd]) accept_all(fd);
            else if (connections[fd].owed > 0) { if (!pay(fd)) drop(fd); }
            else serve(fd);
        }
    }
}
