/*
 * A stranger for our TCP: lwIP (Debian's liblwip-dev, a build with threads and sockets) behind a UDP port of the loopback, one
 * IP packet a datagram, as a node of kind `udp` speaks it. No device and no privilege is needed.
 *
 *     gcc -I/usr/include/lwip lwip-peer.c -llwip -lpthread
 *     lwip-peer LISTEN PEER ADDRESS GATEWAY ROLE …
 *
 *     echo HOST PORT OCTETS      sends them, ends its direction, and reads the same back until the other side ends
 *     pull HOST PORT OCTETS      asks for them with a line, reads them until the other side ends
 *     abort HOST PORT OCTETS     asks for them, reads a part, and resets the connection
 *     refused HOST PORT          expects that nobody listens there
 *     serve-echo PORT            sends back what comes; ends when the other side does
 *     serve-transfer PORT        answers `GET N` with N octets and ends
 *     serve-abort PORT           answers `GET N` with half of them, and resets the connection
 *
 * Every octet is of the known pattern (src/app/pattern.ts), and every octet that comes is compared. A server says `listening`
 * first. At the end one line says what was done, and lwIP stays, to answer what still comes, until a signal ends the process;
 * or stderr says what was wrong, and the status is 1.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/sockets.h"
#include "lwip/tcpip.h"

#define LARGEST_PACKET 1500
#define CHUNK 16384
#define PERIOD 65521

static int udp;
static struct netif netif;
static ip4_addr_t own_address, netmask, gateway;

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  /* lwIP's threads go on until the process ends. */
  _exit(1);
}

static uint8_t pattern_at(size_t position) {
  uint32_t h = (uint32_t)(position % PERIOD + 1) * 0x2c1b3c6du;
  return (uint8_t)(h ^ h >> 13 ^ h >> 22);
}

/* ---- The interface ---- */

static err_t leave(struct netif *from, struct pbuf *packet, const ip4_addr_t *next) {
  uint8_t bytes[LARGEST_PACKET];
  (void)from;
  (void)next;
  if (packet->tot_len > sizeof bytes) return ERR_BUF;
  pbuf_copy_partial(packet, bytes, packet->tot_len, 0);
  send(udp, bytes, packet->tot_len, 0);
  return ERR_OK;
}

static err_t set_up(struct netif *it) {
  it->name[0] = 'u';
  it->name[1] = 'd';
  it->mtu = LARGEST_PACKET;
  it->output = leave;
  netif_set_link_up(it);
  return ERR_OK;
}

static void *enter(void *unused) {
  uint8_t bytes[LARGEST_PACKET];
  for (;;) {
    ssize_t length = recv(udp, bytes, sizeof bytes, 0);
    /* Nobody was there yet: the loopback says so of the last datagram that was sent. */
    if (length <= 0) continue;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);
    if (!packet) continue;
    pbuf_take(packet, bytes, (u16_t)length);
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
  }
  return unused;
}

static void add_interface(void *ready) {
  if (!netif_add(&netif, &own_address, &netmask, &gateway, NULL, set_up, tcpip_input)) fail("no interface");
  netif_set_default(&netif);
  netif_set_up(&netif);
  sys_sem_signal(ready);
}

static void open_door(int listen_port, int peer_port) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(listen_port)};
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct sockaddr_in there = here;
  there.sin_port = htons(peer_port);
  int room = 4 << 20;
  udp = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(udp, (struct sockaddr *)&here, sizeof here) || connect(udp, (struct sockaddr *)&there, sizeof there))
    fail("UDP port %d cannot be had", listen_port);
  sys_sem_t ready;
  if (sys_sem_new(&ready, 0) != ERR_OK) fail("no semaphore");
  tcpip_init(add_interface, &ready);
  sys_sem_wait(&ready);
  pthread_t thread;
  if (pthread_create(&thread, NULL, enter, NULL)) fail("no thread");
}

/* ---- Transfers ---- */

struct job {
  int socket;
  size_t octets;
};

static void send_all(int s, const void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t taken = lwip_send(s, (const char *)bytes + done, length - done, 0);
    if (taken <= 0) fail("send: %s", strerror(errno));
    done += (size_t)taken;
  }
}

static void send_pattern(int s, size_t octets) {
  uint8_t bytes[CHUNK];
  for (size_t sent = 0; sent < octets;) {
    size_t length = octets - sent < CHUNK ? octets - sent : CHUNK;
    for (size_t i = 0; i < length; i++) bytes[i] = pattern_at(sent + i);
    send_all(s, bytes, length);
    sent += length;
  }
}

/* Reads until the other side ends, or until there are so many; compares; sends it back if it is to. */
static size_t receive(int s, size_t most, int back) {
  uint8_t bytes[CHUNK];
  size_t came = 0;
  while (came < most) {
    ssize_t length = lwip_recv(s, bytes, sizeof bytes, 0);
    if (length < 0) fail("receive after %zu octets: %s", came, strerror(errno));
    if (length == 0) break;
    for (ssize_t i = 0; i < length; i++)
      if (bytes[i] != pattern_at(came + (size_t)i)) fail("octet %zu is wrong", came + (size_t)i);
    came += (size_t)length;
    if (back) send_all(s, bytes, (size_t)length);
  }
  return came;
}

static void expect(size_t came, size_t octets) {
  if (came != octets) fail("%zu of %zu octets came", came, octets);
}

static void end(int s) {
  if (lwip_close(s)) fail("close: %s", strerror(errno));
}

static void reset(int s) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (lwip_setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once)) fail("linger: %s", strerror(errno));
  end(s);
}

static void *send_and_half_close(void *given) {
  struct job *job = given;
  send_pattern(job->socket, job->octets);
  if (lwip_shutdown(job->socket, SHUT_WR)) fail("shutdown: %s", strerror(errno));
  return NULL;
}

static int call(const char *host, int port) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
  there.sin_addr.s_addr = ipaddr_addr(host);
  int s = lwip_socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0) fail("socket: %s", strerror(errno));
  if (lwip_connect(s, (struct sockaddr *)&there, sizeof there)) {
    int reason = errno;
    lwip_close(s);
    errno = reason;
    return -1;
  }
  return s;
}

static void ask_for(int s, size_t octets) {
  char line[32];
  send_all(s, line, (size_t)snprintf(line, sizeof line, "%zu\n", octets));
}

static int answer_call(int port) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
  int s = lwip_socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0 || lwip_bind(s, (struct sockaddr *)&here, sizeof here) || lwip_listen(s, 1)) fail("listen: %s", strerror(errno));
  puts("listening");
  fflush(stdout);
  int accepted = lwip_accept(s, NULL, NULL);
  if (accepted < 0) fail("accept: %s", strerror(errno));
  return accepted;
}

/* `GET 65536\n` */
static size_t asked_for(int s) {
  char line[32];
  size_t length = 0;
  do {
    if (length + 1 == sizeof line || lwip_recv(s, line + length, 1, 0) != 1) fail("no line");
  } while (line[length++] != '\n');
  line[length] = 0;
  size_t octets;
  if (sscanf(line, "GET %zu\n", &octets) != 1) fail("asked with %s", line);
  return octets;
}

/* ---- Roles ---- */

static size_t as_client(const char *role, const char *host, int port, size_t octets) {
  int s = call(host, port);
  if (!strcmp(role, "refused")) {
    /* lwIP has one word for every reset. */
    if (s >= 0 || errno != ECONNRESET) fail("not refused: %s", s >= 0 ? "connected" : strerror(errno));
    return 0;
  }
  if (s < 0) fail("connect: %s", strerror(errno));
  size_t came = 0;
  if (!strcmp(role, "echo")) {
    pthread_t thread;
    struct job job = {s, octets};
    if (pthread_create(&thread, NULL, send_and_half_close, &job)) fail("no thread");
    came = receive(s, SIZE_MAX, 0);
    pthread_join(thread, NULL);
    expect(came, octets);
    end(s);
  } else if (!strcmp(role, "pull")) {
    ask_for(s, octets);
    came = receive(s, SIZE_MAX, 0);
    expect(came, octets);
    end(s);
  } else if (!strcmp(role, "abort")) {
    ask_for(s, octets);
    came = receive(s, octets / 2, 0);
    reset(s);
  } else
    fail("there is no role %s", role);
  return came;
}

static size_t as_server(const char *role, int port) {
  int s = answer_call(port);
  size_t octets;
  if (!strcmp(role, "serve-echo")) {
    octets = receive(s, SIZE_MAX, 1);
    end(s);
  } else if (!strcmp(role, "serve-transfer")) {
    octets = asked_for(s);
    send_pattern(s, octets);
    if (lwip_shutdown(s, SHUT_WR)) fail("shutdown: %s", strerror(errno));
    expect(receive(s, SIZE_MAX, 0), 0);
    end(s);
  } else if (!strcmp(role, "serve-abort")) {
    octets = asked_for(s) / 2;
    send_pattern(s, octets);
    reset(s);
  } else
    fail("there is no role %s", role);
  return octets;
}

int main(int count, char **words) {
  if (count < 7) fail("lwip-peer LISTEN PEER ADDRESS GATEWAY ROLE ...");
  own_address.addr = ipaddr_addr(words[3]);
  gateway.addr = ipaddr_addr(words[4]);
  IP4_ADDR(&netmask, 255, 255, 255, 0);
  open_door(atoi(words[1]), atoi(words[2]));
  const char *role = words[5];
  size_t octets = strncmp(role, "serve-", 6) ? as_client(role, words[6], atoi(words[7]), count > 8 ? strtoul(words[8], NULL, 10) : 0)
                                             : as_server(role, atoi(words[6]));
  printf("{\"octets\":%zu}\n", octets);
  fflush(stdout);
  /* What is still under way, an end that was lost, or the last acknowledgment, is the business of lwIP's own thread. */
  for (;;) pause();
}
