// The floor: an epoll loop that copies bytes between a client and an upstream of its own and looks at none of them. What a
// proxy costs above it is what the proxy does; what the floor costs is the kernel's TCP path.
//   floor LISTEN-PORT UPSTREAM-PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, DESCRIPTORS = 65536 };

static int peer_of[DESCRIPTORS];
static char buffer[64 * 1024];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return address;
}

static void watch(int epoll, int descriptor) {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = descriptor};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

static void end(int descriptor) {
  int peer = peer_of[descriptor];
  if (peer > 0) {
    peer_of[peer] = 0;
    close(peer);
  }
  peer_of[descriptor] = 0;
  close(descriptor);
}

// The messages of the benchmark are smaller than any socket buffer, so a short send ends the pair instead of being queued.
static void copy(int descriptor) {
  ssize_t count;
  do {
    count = recv(descriptor, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || peer_of[descriptor] == 0 || send(peer_of[descriptor], buffer, (size_t)count, MSG_NOSIGNAL) != count) {
      end(descriptor);
      return;
    }
  } while (count == sizeof buffer);
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: floor LISTEN-PORT UPSTREAM-PORT\n");
    return 2;
  }
  struct sockaddr_in here = loopback(atoi(arguments[1])), upstream = loopback(atoi(arguments[2]));
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1024) != 0) fail("listen");
  struct epoll_event accepting = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting) != 0) fail("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int descriptor = events[i].data.fd;
      if (descriptor != listener) {
        copy(descriptor);
        continue;
      }
      int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (client < 0) continue;
      int server = socket(AF_INET, SOCK_STREAM, 0);
      if (server < 0 || client >= DESCRIPTORS || server >= DESCRIPTORS || connect(server, (struct sockaddr *)&upstream, sizeof upstream) != 0) {
        close(client);
        if (server >= 0) close(server);
        continue;
      }
      fcntl(server, F_SETFL, O_NONBLOCK);
      peer_of[client] = server;
      peer_of[server] = client;
      watch(epoll, client);
      watch(epoll, server);
    }
  }
}
