/*
 * What a kernel's sockets make of a way, in one line of JSON:
 *
 *   ping ADDRESS COUNT INTERVAL_US            round trips of ICMP echoes, one at a time
 *   flood DEVICE ADDRESS RATE SECONDS         UDP in IP packets of 64 octets, out by DEVICE, at so many a second; ADDRESS is
 *                                             this machine's own, and those that come back there are counted
 *   push ADDRESS PORT OCTETS                  one TCP connection to a discard service
 *   pull ADDRESS PORT OCTETS                  one TCP connection to a service that sends so many octets when it is told
 *   serve                                     both services of this machine's kernel, at ports 9 and 19
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 64 - 20 - 8, FLOOD_PORT = 7777, DISCARD = 9, CHARGEN = 19, LONGEST = 1000 * 1000 };

static void check(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void rest(int64_t until) {
  struct timespec t = {until / 1000000000, until % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static struct sockaddr_in at(const char *address, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  check(inet_pton(AF_INET, address, &to.sin_addr) == 1, address);
  return to;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

/* `"median_us":7.1,"p99_us":9.9,"worst_us":20.0` */
static void spread(int64_t *times, long count) {
  if (count == 0) {
    printf("\"median_us\":null,\"p99_us\":null,\"worst_us\":null");
    return;
  }
  qsort(times, count, sizeof *times, ascending);
  printf("\"median_us\":%.1f,\"p99_us\":%.1f,\"worst_us\":%.1f", times[count / 2] / 1e3, times[count * 99 / 100] / 1e3,
         times[count - 1] / 1e3);
}

static uint16_t checksum(const void *data, int length) {
  const uint16_t *words = data;
  uint32_t sum = 0;
  for (; length > 1; length -= 2) sum += *words++;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static void ping(const char *address, long count, long interval) {
  int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  check(s >= 0, "socket");
  struct sockaddr_in to = at(address, 0);
  check(connect(s, (void *)&to, sizeof to) == 0, "connect");
  struct {
    struct icmphdr header;
    uint8_t data[56];
  } echo;
  int64_t *times = calloc(count, sizeof *times);
  uint8_t in[2048];
  long back = 0;
  int64_t next = now();
  for (long i = 0; i < count; i++) {
    rest(next += interval * 1000);
    memset(&echo, 7, sizeof echo);
    echo.header = (struct icmphdr){.type = ICMP_ECHO, .un.echo = {.id = htons(getpid()), .sequence = htons(i)}};
    echo.header.checksum = checksum(&echo, sizeof echo);
    int64_t sent = now();
    if (send(s, &echo, sizeof echo, 0) < 0) continue;
    for (struct pollfd wait = {.fd = s, .events = POLLIN}; poll(&wait, 1, 1000) > 0;) {
      int length = recv(s, in, sizeof in, 0);
      int64_t took = now() - sent;
      struct icmphdr *reply = (void *)(in + (in[0] & 15) * 4);
      if (length < 28 || reply->type != ICMP_ECHOREPLY || reply->un.echo.id != htons(getpid())) continue;
      if (reply->un.echo.sequence != htons(i)) continue;
      times[back++] = took;
      break;
    }
  }
  printf("{\"sent\":%ld,\"back\":%ld,", count, back);
  spread(times, back);
  puts("}");
}

struct receiver {
  int socket;
  long received;
  int64_t *times;
  volatile int done;
};

static void *receive(void *argument) {
  struct receiver *r = argument;
  enum { MANY = 64 };
  static int64_t data[MANY][8];
  struct iovec parts[MANY];
  struct mmsghdr messages[MANY];
  for (int i = 0; i < MANY; i++) {
    parts[i] = (struct iovec){data[i], sizeof data[i]};
    messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
  }
  for (;;) {
    int count = recvmmsg(r->socket, messages, MANY, MSG_WAITFORONE, NULL);
    if (count <= 0) {
      if (r->done) return NULL;
      continue;
    }
    int64_t t = now();
    for (int i = 0; i < count; i++, r->received++) {
      if (r->received < LONGEST) r->times[r->received] = t - data[i][0];
    }
  }
}

static void flood(const char *device, const char *address, double rate, double seconds) {
  struct receiver r = {.socket = socket(AF_INET, SOCK_DGRAM, 0), .times = calloc(LONGEST, sizeof(int64_t))};
  struct timeval patience = {.tv_usec = 100000};
  int room = 64 << 20, s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = at(address, FLOOD_PORT);
  check(r.socket >= 0 && s >= 0, "socket");
  setsockopt(r.socket, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  check(setsockopt(r.socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "SO_RCVTIMEO");
  check(bind(r.socket, (void *)&to, sizeof to) == 0, "bind");
  check(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)) == 0, device);
  check(connect(s, (void *)&to, sizeof to) == 0, "connect");
  pthread_t thread;
  check(pthread_create(&thread, NULL, receive, &r) == 0, "thread");
  /* A packet every 1/rate second on the average, as many at a time as are due. */
  int64_t begin = now(), end = begin + (int64_t)(seconds * 1e9), t;
  int64_t data[8] = {0};
  long sent = 0, refused = 0;
  while ((t = now()) < end) {
    long due = (t - begin) * rate / 1e9;
    for (; sent + refused < due; ) {
      data[0] = now();
      if (send(s, data, PAYLOAD, 0) == PAYLOAD) sent++;
      else refused++;
    }
    rest(now() + 50000);
  }
  double took = (now() - begin) / 1e9;
  rest(now() + 300000000);
  r.done = 1;
  pthread_join(thread, NULL);
  printf("{\"sent\":%ld,\"refused\":%ld,\"received\":%ld,\"seconds\":%.3f,", sent, refused, r.received, took);
  spread(r.times, r.received < LONGEST ? r.received : LONGEST);
  puts("}");
}

static int dial(const char *address, int port) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = at(address, port);
  check(connect(s, (void *)&to, sizeof to) == 0, address);
  return s;
}

static void transfer(int in, const char *address, int port, long octets) {
  static uint8_t data[1 << 16];
  int s = dial(address, port);
  int64_t begin = now();
  long done = 0;
  if (in) {
    int length = sprintf((char *)data, "%ld\n", octets);
    check(write(s, data, length) == length, "write");
    for (ssize_t n; (n = read(s, data, sizeof data)) > 0;) done += n;
  } else {
    while (done < octets) {
      ssize_t n = write(s, data, octets - done < (long)sizeof data ? octets - done : (long)sizeof data);
      check(n > 0, "write");
      done += n;
    }
    shutdown(s, SHUT_WR);
    /* The other side's end says that it has everything. */
    check(read(s, data, sizeof data) == 0, "the end");
  }
  printf("{\"octets\":%ld,\"seconds\":%.3f}\n", done, (now() - begin) / 1e9);
}

static void serve(void) {
  static uint8_t data[1 << 16];
  int ports[] = {DISCARD, CHARGEN};
  struct pollfd listening[2];
  for (int i = 0; i < 2; i++) {
    struct sockaddr_in here = at("0.0.0.0", ports[i]);
    listening[i] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
    check(bind(listening[i].fd, (void *)&here, sizeof here) == 0 && listen(listening[i].fd, 4) == 0, "serve");
  }
  puts("ready");
  fflush(stdout);
  while (poll(listening, 2, -1) > 0) {
    int which = listening[0].revents ? 0 : 1;
    int s = accept(listening[which].fd, NULL, NULL);
    ssize_t n = read(s, data, sizeof data - 1);
    if (ports[which] == DISCARD) while (n > 0) n = read(s, data, sizeof data);
    else if (n > 0) {
      data[n] = 0;
      for (long left = atol((char *)data); left > 0 && n > 0; left -= n) {
        n = send(s, data, left < (long)sizeof data ? left : (long)sizeof data, MSG_NOSIGNAL);
      }
    }
    close(s);
  }
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  if (strcmp(what, "ping") == 0 && count == 5) ping(words[2], atol(words[3]), atol(words[4]));
  else if (strcmp(what, "flood") == 0 && count == 6) flood(words[2], words[3], atof(words[4]), atof(words[5]));
  else if (strcmp(what, "push") == 0 && count == 5) transfer(0, words[2], atoi(words[3]), atol(words[4]));
  else if (strcmp(what, "pull") == 0 && count == 5) transfer(1, words[2], atoi(words[3]), atol(words[4]));
  else if (strcmp(what, "serve") == 0) serve();
  else return 2;
  return 0;
}
