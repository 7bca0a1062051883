/*
 * The least that a program behind a TUN device can do: `peer NAME` makes the device, answers echo requests to any address
 * (RFC 792) and sends every other IPv4 packet back by the way it came, as a router with one interface does: the TTL one
 * less, the checksum adjusted (RFC 1624). What the bridge is measured against.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BATCH = 64, TTL = 8, PROTOCOL = 9, CHECKSUM = 10, SOURCE = 12, DESTINATION = 16 };

/* A 16-bit word that is part of the sum at `at` has become larger by `more`. */
static void adjust(uint8_t *at, unsigned more) {
  unsigned sum = (uint16_t)~((at[0] << 8) | at[1]) + more;
  sum = (sum & 0xffff) + (sum >> 16);
  at[0] = ~sum >> 8;
  at[1] = ~sum;
}

static void answer(uint8_t *packet, int header) {
  uint8_t source[4];
  memcpy(source, packet + SOURCE, 4);
  memcpy(packet + SOURCE, packet + DESTINATION, 4);
  memcpy(packet + DESTINATION, source, 4);
  packet[header] = 0;
  adjust(packet + header + 2, 0xffff - 0x0800);
}

int main(int count, char **words) {
  static uint8_t packet[65536];
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (count < 2 || tun < 0) return 2;
  strncpy(request.ifr_name, words[1], IFNAMSIZ - 1);
  if (ioctl(tun, TUNSETIFF, &request) < 0) {
    perror(words[1]);
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (struct pollfd wait = {.fd = tun, .events = POLLIN}; poll(&wait, 1, -1) >= 0;) {
    for (int i = 0; i < BATCH; i++) {
      int length = read(tun, packet, sizeof packet);
      if (length <= 0) break;
      int header = (packet[0] & 15) * 4;
      if (packet[0] >> 4 != 4 || length < header + 8) continue;
      if (packet[PROTOCOL] == IPPROTO_ICMP && packet[header] == 8) answer(packet, header);
      else if (packet[TTL]-- <= 1) continue;
      else adjust(packet + CHECKSUM, 0xffff - 0x0100);
      if (write(tun, packet, length) < 0) continue;
    }
  }
  return 1;
}
