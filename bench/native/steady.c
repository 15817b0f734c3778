// An open-loop HTTP/1.1 load generator: requests leave on a fixed timetable whatever the answers do, and a latency is
// counted from the moment its request was due. A stall of the proxy is therefore seen by every request that was due
// during the stall, not only by those that were waiting (no "coordinated omission"; wrk, hey and ab are closed loops).
//
//   steady ADDRESS PORT RATE SECONDS CONNECTIONS HOST PATH [HOST PATH]...
//
// Requests rotate over the host and path pairs; each takes an idle connection, and waits in a queue, its clock running,
// when there is none. Prints one line of JSON: counts, and latency percentiles in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TARGETS = 64, MAX_CONNECTIONS = 4096, BUFFER_BYTES = 65536, TICK_NANOSECONDS = 200000 };
// Latencies are kept in log-linear buckets: 64 steps for each power of two of microseconds, so at most 1.6 % error.
enum { STEPS = 64, POWERS = 32 };

struct connection { int fd, filled; int64_t due; char buffer[BUFFER_BYTES]; };

static struct connection *connections;
static int idle[MAX_CONNECTIONS], idle_count;
static char *requests[MAX_TARGETS];
static int request_length[MAX_TARGETS], targets, next_target;
static uint64_t buckets[POWERS * STEPS], answered, failed, non_2xx;
static int64_t max_latency;
static struct sockaddr_in address;
static int epoll_fd;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int bucket_of(uint64_t us)
{
    if (us < STEPS) return (int)us;
    int power = 63 - __builtin_clzll(us) - 5;   // us >> power lies in [32, 64)
    int index = power * (STEPS / 2) + (int)(us >> power);
    return index < POWERS * STEPS ? index : POWERS * STEPS - 1;
}

static uint64_t bucket_value(int index)
{
    if (index < STEPS) return index;
    int power = index / (STEPS / 2) - 1;
    return (uint64_t)(index - power * (STEPS / 2)) << power;
}

static void record(int64_t due)
{
    int64_t us = (now_ns() - due) / 1000;
    if (us < 0) us = 0;
    if (us > max_latency) max_latency = us;
    buckets[bucket_of(us)]++;
    answered++;
}

static void open_connection(int index)
{
    struct connection *c = &connections[index];
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->filled = 0;
    c->due = 0;
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        fprintf(stderr, "steady: cannot connect: %s\n", strerror(errno));
        exit(2);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = index};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
    idle[idle_count++] = index;
}

static void fail(int index)
{
    if (connections[index].due) {
        failed++;
    } else {
        for (int i = 0; i < idle_count; i++)
            if (idle[i] == index) { idle[i] = idle[--idle_count]; break; }
    }
    close(connections[index].fd);
    open_connection(index);
}

static void send_request(int index, int64_t due)
{
    struct connection *c = &connections[index];
    int target = next_target;
    next_target = (next_target + 1) % targets;
    c->due = due;
    if (send(c->fd, requests[target], request_length[target], MSG_NOSIGNAL) != request_length[target]) fail(index);
}

// Bytes of the whole response at the start of the buffer; 0 when it is incomplete, -1 when it cannot be read.
static int response_length(struct connection *c)
{
    char *end = memmem(c->buffer, c->filled, "\r\n\r\n", 4);
    if (!end) return 0;
    *end = 0;
    char *length = strcasestr(c->buffer, "\ncontent-length:");
    *end = '\r';
    if (!length) return -1;
    int total = (int)(end + 4 - c->buffer) + atoi(length + 16);
    return total <= c->filled ? total : 0;
}

static void read_response(int index)
{
    struct connection *c = &connections[index];
    ssize_t got = recv(c->fd, c->buffer + c->filled, BUFFER_BYTES - 1 - c->filled, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || !c->due) { fail(index); return; }
    c->filled += (int)got;
    int length = response_length(c);
    if (length == 0) return;
    if (length < 0 || length != c->filled) { fail(index); return; }
    if (c->filled < 12 || c->buffer[9] != '2') non_2xx++;
    record(c->due);
    c->filled = 0;
    c->due = 0;
    idle[idle_count++] = index;
}

static uint64_t percentile(double fraction)
{
    uint64_t wanted = (uint64_t)(answered * fraction), seen = 0;
    for (int i = 0; i < POWERS * STEPS; i++)
        if ((seen += buckets[i]) > wanted) return bucket_value(i);
    return max_latency;
}

static void prepare(int argc, char **argv)
{
    for (int i = 5; i + 1 < argc && targets < MAX_TARGETS; i += 2, targets++)
        request_length[targets] = asprintf(&requests[targets], "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: steady\r\nAccept: */*\r\n\r\n", argv[i + 1], argv[i]);
}

int main(int argc, char **argv)
{
    if (argc < 8) { fprintf(stderr, "usage: steady ADDRESS PORT RATE SECONDS CONNECTIONS HOST PATH [HOST PATH]...\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    int64_t interval = 1000000000LL / atoi(argv[3]), duration = atoll(argv[4]) * 1000000000LL;
    int wanted = atoi(argv[5]);
    if (wanted > MAX_CONNECTIONS) wanted = MAX_CONNECTIONS;
    argv++, argc--;
    prepare(argc, argv);
    connections = calloc(wanted, sizeof *connections);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < wanted; i++) open_connection(i);

    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec tick = {{0, TICK_NANOSECONDS}, {0, TICK_NANOSECONDS}};
    timerfd_settime(timer, 0, &tick, NULL);
    struct epoll_event timer_event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer, &timer_event);

    int64_t start = now_ns(), due = start, end = start + duration, patience = end + 10000000000LL;
    uint64_t sent = 0;
    for (;;) {
        int64_t now = now_ns();
        while (due <= now && due < end && idle_count > 0) {
            send_request(idle[--idle_count], due);
            due += interval;
            sent++;
        }
        if ((due >= end && idle_count == wanted) || now > patience) break;
        struct epoll_event events[256];
        int count = epoll_wait(epoll_fd, events, 256, 1000);
        for (int i = 0; i < count; i++) {
            uint64_t ticks;
            if (events[i].data.u32 == UINT32_MAX) { if (read(timer, &ticks, sizeof ticks) < 0) continue; }
            else read_response(events[i].data.u32);
        }
    }
    printf("{\"sent\":%lu,\"answered\":%lu,\"failed\":%lu,\"non_2xx\":%lu,\"p50\":%lu,\"p90\":%lu,\"p99\":%lu,\"p999\":%lu,\"max\":%ld}\n",
           sent, answered, failed, non_2xx, percentile(.5), percentile(.9), percentile(.99), percentile(.999), (long)max_latency);
    return 0;
}
