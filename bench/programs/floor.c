/*
 * The floor of the side-by-side: what a connection costs when nothing is done with it. One thread, epoll;
 * accept4, recv until the packet has come (its length stands in the header), send a constant, close.
 *
 *     floor SOCKET BACKLOG
 *
 * SOCKET is an absolute path, or host:port with an IPv4 address.
 */
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FILES 65536
#define MAX_PACKET (4 + 65535)

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello world";

/* Bytes a connection has brought so far, and how many its packet has; 0 while that is not known. */
static int seen[MAX_FILES];
static int wanted[MAX_FILES];
static unsigned char buffer[MAX_PACKET];

/* Reads what is there. Answers 1 when the connection is over, 0 when more must come. */
static int serve(int fd) {
  for (;;) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) return 1;
    if (seen[fd] == 0) {
      /* nginx writes header and vars at once, so the first piece holds the length. */
      if (got < 4) return 1;
      wanted[fd] = 4 + buffer[1] + 256 * buffer[2];
    }
    seen[fd] += (int)got;
    if (seen[fd] < wanted[fd]) continue;
    if (send(fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0) return 1;
    return 1;
  }
}

static void end(int fd) {
  seen[fd] = 0;
  wanted[fd] = 0;
  close(fd);
}

/* Answers a socket bound to the path, or -1. */
static int bind_unix(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : fd;
}

/* Answers a socket bound to host:port, or -1. */
static int bind_tcp(const char *place) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char host[INET_ADDRSTRLEN] = "";
  const char *colon = strrchr(place, ':');
  if (colon != NULL && colon - place < INET_ADDRSTRLEN) memcpy(host, place, colon - place);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  address.sin_port = htons((unsigned short)atoi(colon + 1));
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  /* Linux hands it on to the connections that are accepted, so it costs them no call. */
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : fd;
}

int main(int count, char **args) {
  struct epoll_event events[512];
  if (count != 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int listener = args[1][0] == '/' ? bind_unix(args[1]) : bind_tcp(args[1]);
  if (listener < 0 || listen(listener, atoi(args[2])) < 0) {
    perror("floor");
    return 1;
  }
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event listening = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &listening);
  for (;;) {
    int ready = epoll_wait(poll, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd != listener) {
        if (serve(fd)) end(fd);
        continue;
      }
      for (;;) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) break;
        if (accepted >= MAX_FILES) {
          close(accepted);
        } else if (serve(accepted)) {
          end(accepted);
        } else {
          struct epoll_event event = {.events = EPOLLIN, .data.fd = accepted};
          epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
        }
      }
    }
  }
}
