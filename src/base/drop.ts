/**
 * The closed list of reasons for which a packet may be discarded. In a teaching tool the reason is the product: the
 * story prints it, checks name it, and docs/drop-reasons.md explains each.
 */
export const DROP_REASONS = {
  // any layer
  malformed: 'The bytes are not a valid packet of this protocol.',
  'bad-checksum': 'The checksum does not match the bytes: something changed them on the way.',
  // link
  'queue-full': 'The queue in front of the line was full.',
  'line-loss': 'The line lost it.',
  'link-down': 'The cable is unplugged.',
  'power-off': 'The machine that it reached has no power.',
  'not-for-us': 'It is addressed to another machine, and this one does not forward.',
  'unknown-ethertype': 'The Ethernet frame carries a protocol that this machine does not speak.',
  'arp-timeout': 'Nobody answered the ARP request for the next hop.',
  'arp-queue-full': 'Too many packets were already waiting for the same ARP answer.',
  // IPv4
  'interface-down': 'The interface it would leave by is not up.',
  'no-route': 'No route leads to its destination.',
  'ttl-expired': 'Its time to live ran out before it arrived.',
  'fragmentation-needed': 'It is larger than the next link carries and forbids fragmentation.',
  'icmp-blocked': 'This machine is set up to pass on no ICMP message that a packet was too large.',
  'no-protocol': 'No one on this machine handles its IP protocol.',
  'port-closed': 'No one on this machine listens on its UDP port.',
  martian: 'Its source or destination is an address that no packet on a line may have.',
  'reassembly-timeout': 'Some of its fragments never came.',
  'reassembly-full': 'Too many datagrams were waiting for missing fragments.',
  'fragment-duplicate': 'This fragment has already come.',
  'fragment-overlap': 'Its fragments overlap, which only an attack does.',
  'icmp-ignored': 'An ICMP message that asks nothing of this machine.',
  'tunnel-loop': 'A packet was routed into the tunnel that carries it.',
  // packet filters and address translation
  'filter-drop': 'A rule of the firewall drops it without a word.',
  'filter-reject': 'A rule of the firewall refuses it and tells the sender.',
  'conntrack-invalid': 'It fits no flow and cannot begin one, and this machine passes on no such packet.',
  'conntrack-full': 'The table of connections is full, and none of them can be spared.',
  'nat-insert-failed':
    'Translated, it would look like a packet of another inside host: answers could not be told apart.',
  'nat-ports-exhausted': 'The NAT box has no port left to hide it behind.',
  'nat-no-address': 'The interface whose address should hide it has none.',
  'nat-protocol': 'The NAT box translates no packets of this protocol.',
  'nat-untranslatable': 'It ends before the field that the NAT box has to change.',
  // the way out of the simulation
  'not-ipv4': 'It came from outside and is no IPv4 packet; this version speaks IPv4 only.',
  'outside-range': 'Its end outside the simulation is in none of the networks that the lab names.',
  // TCP
  'tcp-unexpected': 'The TCP segment belongs to no connection, or the state of its connection has no use for it.',
  // RADIUS
  'radius-unexpected': 'The RADIUS packet answers no open request, or who sent it does not know the shared secret.',
  // PPTP
  'gre-not-pptp': 'GRE of another version or with another payload than PPP.',
  'gre-unknown-call': 'No call has this call ID.',
  'gre-duplicate': 'A packet with this GRE sequence number has already come.',
  'gre-late': 'A packet with a later GRE sequence number has already been handed on, and the order must be kept.',
  'gre-out-of-window': 'Its GRE sequence number is too far ahead.',
  'gre-window-full': 'The peer has not acknowledged enough packets, and too many were already waiting.',
  'pptp-unexpected': 'The control message does not fit the state of its connection or call.',
  // telephone lines
  'line-idle': 'No call is up on the line, so its octets go nowhere.',
  'hdlc-bad-fcs': 'The frame check sequence does not match: bits were flipped on the line.',
  'hdlc-too-short': 'Between two flags stood fewer octets than the shortest frame has.',
  'hdlc-too-long': 'More octets came without a flag than the longest frame has.',
  'hdlc-no-flag': 'No flag has come on this line yet, so no frame has begun.',
  'hdlc-aborted': 'A flag right behind an escape: its sender has broken the frame off.',
  // PPP
  'ppp-unexpected': 'The PPP packet does not fit the phase of the link or matches no request of ours.',
  'ppp-protocol-rejected': 'A PPP protocol that this side does not speak; a Protocol-Reject was sent.',
  'ppp-not-opened': 'The PPP network layer is not open (yet).',
  'ppp-looped': 'Our own magic number came back: the line is looped.',
  'mppe-required': 'It came in clear text although encryption is required.',
  'mppe-out-of-sync': 'Its MPPE coherency count does not fit: it cannot be decrypted.',
  'mppe-garbled': 'Decryption gave no PPP packet: wrong key, or the bytes were changed on the way.',
} as const

export type DropReason = keyof typeof DROP_REASONS
