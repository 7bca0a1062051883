/**
 * What each field of a packet means, and where that stands. The keys are `layer/field` as the dissector names them; a
 * layer itself has its name alone. `RFC 2637 §2` of a control message is made exact by glossary.ts, which knows which.
 *
 * Longer than 400 lines, since it is one table, and each entry stands alone.
 */

/** Text, and the RFC with its section. */
export type Explained = readonly [text: string, see: string]

/** The parts that every option of LCP and its kin has. */
export const OPTION_PARTS: Readonly<Record<string, Explained>> = {
  type: ['Which option this is.', 'RFC 1661 §6'],
  length: ['Octets of the option, type and length included.', 'RFC 1661 §6'],
  value: ['What is asked for, agreed to or proposed instead.', 'RFC 1661 §6'],
}

/** Packets of LCP, CCP, IPCP and IPV6CP are built alike (RFC 1661 §5). */
export const CONTROL_PARTS: Readonly<Record<string, Explained>> = {
  code: ['What kind of packet it is: a request, an answer to one, or the end.', 'RFC 1661 §5'],
  identifier: [
    'An answer carries the identifier of its request, so that it cannot be taken for that of another.',
    'RFC 1661 §5',
  ],
  length: ['Octets of the packet, this header of four included. What stands behind them is padding.', 'RFC 1661 §5'],
  data: ['Octets for the other side to look at; of a Terminate-Request often a sentence why.', 'RFC 1661 §5.5'],
  option: ['An option that cannot be read: its length does not fit.', 'RFC 1661 §6'],
  magic: ['A random number of the sender. Who hears its own again knows that the line is looped.', 'RFC 1661 §6.4'],
  rejectedProtocol: ['The PPP protocol that this side does not speak.', 'RFC 1661 §5.7'],
  quoted: ['The beginning of the packet that is rejected.', 'RFC 1661 §5.7'],
  secondsRemaining: ['How long the session may go on.', 'RFC 1570 §1.2'],
  message: ['A word for people.', 'RFC 1570 §1.2'],
  rejectedInformation: [
    'The packet that the other side did not understand, as far as there was room.',
    'RFC 1661 §5.6',
  ],
}

const below = (layer: string, fields: Readonly<Record<string, Explained>>): Record<string, Explained> =>
  Object.fromEntries(Object.entries(fields).map(([name, entry]) => [`${layer}/${name}`, entry]))

/** An option of a control protocol: its own words, and its parts. */
const option = (protocol: string, name: string, text: string, see: string): Record<string, Explained> => ({
  [`${protocol}/${name}`]: [text, see],
  ...below(
    name,
    Object.fromEntries(Object.entries(OPTION_PARTS).map(([part, [words]]) => [part, [words, see] as const])),
  ),
})

export const FIELDS: Readonly<Record<string, Explained>> = {
  // The frame
  frame: ['All octets of the packet as they were on the line.', ''],
  reassembled: [
    'What was put together from parts: fragments of IP, or a frame on a telephone line without its escapes.',
    '',
  ],
  quoted: ['The beginning of another packet, sent back by someone who could do nothing with it.', ''],
  data: ['Octets that belong to a program; the layers below only carry them.', ''],
  padding: ['Octets behind the packet that fill the frame up to the shortest that Ethernet allows.', 'RFC 894'],
  decrypted: ['What MPPE had sealed, as the two ends of the tunnel see it.', 'RFC 3078 §3'],
  cooked: ['A header that Linux writes into captures of any interface; it was on no line.', ''],
  'cooked/type': ['The protocol of what follows, by the numbers of Ethernet.', ''],

  // Ethernet
  ethernet: [
    'Carries the packet from one machine to the next on the same network, by addresses of the network cards.',
    'RFC 894',
  ],
  'ethernet/destination': ['The network card that is to take it. ff:ff:ff:ff:ff:ff: all on this network.', 'RFC 894'],
  'ethernet/source': ['The network card that sent it. A router puts its own in.', 'RFC 894'],
  'ethernet/type': ['The protocol of what follows: 0800 IPv4, 0806 ARP.', 'RFC 894'],
  vlan: ['A tag of IEEE 802.1Q: to which of several networks on one cable the frame belongs.', ''],
  'vlan/priority': ['How urgent it is, 0 to 7.', ''],
  'vlan/id': ['Number of the virtual network.', ''],
  'vlan/type': ['The protocol of what follows.', ''],
  arp: ['Asks which network card has an IP address, or answers.', 'RFC 826'],
  'arp/operation': ["request: who has it? reply: here it is. An announcement is a request for one's own.", 'RFC 826'],
  'arp/senderMac': ['The network card of who speaks. Who hears it may remember it.', 'RFC 826'],
  'arp/senderIp': ['The IP address of who speaks.', 'RFC 826'],
  'arp/targetMac': ['What is asked for: zero in a request.', 'RFC 826'],
  'arp/targetIp': ['The IP address that is asked about.', 'RFC 826'],

  // IP
  ipv4: ['Carries the packet across networks, from one address to another, each router one step.', 'RFC 791 §3.1'],
  'ipv4/version': ['4: this is IPv4.', 'RFC 791 §3.1'],
  'ipv4/headerLength': ['Octets of this header: 20 without options.', 'RFC 791 §3.1'],
  'ipv4/typeOfService': ['How it wishes to be treated; most networks do not look.', 'RFC 791 §3.1'],
  'ipv4/totalLength': [
    'Octets of the IP packet with its header. What follows in the frame is padding.',
    'RFC 791 §3.1',
  ],
  'ipv4/identification': [
    'Fragments of one packet have the same number, so that they find together again.',
    'RFC 791 §3.1',
  ],
  'ipv4/flags': ['DF: it must not be cut into fragments. MF: more fragments follow.', 'RFC 791 §3.1'],
  'ipv4/fragmentOffset': ['Where this fragment belongs in the whole packet, in octets.', 'RFC 791 §3.1'],
  'ipv4/ttl': ['How many more routers may pass it on. Each takes one off; at 0 it is dropped.', 'RFC 791 §3.1'],
  'ipv4/protocol': [
    'What it carries: 1 ICMP, 6 TCP, 17 UDP, 47 GRE. A firewall that lets only TCP pass stops a tunnel here.',
    'RFC 791 §3.1',
  ],
  'ipv4/checksum': ['Of this header only. Each router makes it anew, since the time to live changes.', 'RFC 791 §3.1'],
  'ipv4/source': ['Who sent it. A NAT box puts its own address here.', 'RFC 791 §3.1'],
  'ipv4/destination': ['Who is to get it. Routers look at nothing else.', 'RFC 791 §3.1'],
  'ipv4/option': ['A rare extra wish; many routers drop packets with one.', 'RFC 791 §3.1'],
  fragment: ['A part of an IP packet that was too large for a link; the others have the rest.', 'RFC 791 §3.2'],

  // ICMP
  icmp: ['A word of the network about itself: an echo, or what happened to a packet.', 'RFC 792'],
  'icmp/type': ['8 echo request, 0 echo reply, 3 unreachable, 11 time exceeded.', 'RFC 792'],
  'icmp/code': [
    'Which kind of that type. Of unreachable: 0 network, 1 host, 2 protocol, 3 port, 4 too large.',
    'RFC 792',
  ],
  'icmp/checksum': ['Of the whole ICMP message.', 'RFC 792'],
  'icmp/identifier': [
    'Tells one ping from another. It stands where a port would, so NAT boxes translate it.',
    'RFC 792',
  ],
  'icmp/sequence': ['Counts the echoes of one ping.', 'RFC 792'],
  'icmp/nextHopMtu': [
    'The largest packet that the next link carries: the sender is to make smaller ones.',
    'RFC 1191 §4',
  ],
  'icmp/quoted': ['The beginning of the packet that this message is about; its sender knows it by that.', 'RFC 792'],

  // TCP, UDP
  tcp: [
    "A stream of octets, in order and without gaps. PPTP's control connection runs in it, on port 1723.",
    'RFC 9293 §3.1',
  ],
  'tcp/sourcePort': ['Which program of the sender. A NAT box may put another here.', 'RFC 9293 §3.1'],
  'tcp/destinationPort': ['Which program of the receiver: 1723 is PPTP.', 'RFC 9293 §3.1'],
  'tcp/sequence': ['Number of its first octet in the stream. The first number of all is random.', 'RFC 9293 §3.1'],
  'tcp/acknowledgment': ['The octet that is awaited next: all before it have come.', 'RFC 9293 §3.1'],
  'tcp/dataOffset': ['Octets of this header; what is more than 20 are options.', 'RFC 9293 §3.1'],
  'tcp/flags': ['SYN opens, ACK acknowledges, FIN ends, RST breaks off, PSH says: hand it on now.', 'RFC 9293 §3.1'],
  'tcp/window': ['How many more octets may be sent to who says this, before scaling.', 'RFC 9293 §3.1'],
  'tcp/checksum': ['Of header, data and the two IP addresses: a NAT box must mend it.', 'RFC 9293 §3.1'],
  'tcp/urgentPointer': ['Where urgent data ends; hardly used.', 'RFC 9293 §3.8.5'],
  'tcp/maximumSegmentSize': [
    'The most octets of data in one segment that its sender wants to get. Boxes at tunnels lower it.',
    'RFC 9293 §3.7.1',
  ],
  'tcp/windowScale': ['The window is to be multiplied by this power of two. Only in SYN.', 'RFC 7323 §2'],
  'tcp/sackPermitted': ['The other side may name gaps in what it has got. Only in SYN.', 'RFC 2018 §2'],
  'tcp/sack': [
    'What has come although something before it is missing: only the gap need be sent again.',
    'RFC 2018 §3',
  ],
  'tcp/timestamps': [
    'A clock value, and the one heard last: they measure the round trip and tell old segments.',
    'RFC 7323 §3',
  ],
  'tcp/noOperation': ['Fills a place, so that the next option begins at a good one.', 'RFC 9293 §3.2'],
  'tcp/endOfOptionList': ['Here the options end; what follows is filling.', 'RFC 9293 §3.2'],
  'tcp/option': ['An option of TCP that has no name here.', 'RFC 9293 §3.2'],
  'tcp/relativeSequence': ['The sequence number counted from the beginning of the stream.', ''],
  'tcp/relativeAcknowledgment': ['The acknowledgment counted from the beginning of the other stream.', ''],
  'tcp/order': ['How it stands to what was seen before: sent again, or out of order.', ''],
  udp: ['A packet for a program, without order, answer or repetition.', 'RFC 768'],
  'udp/sourcePort': ['Which program of the sender.', 'RFC 768'],
  'udp/destinationPort': ['Which program of the receiver.', 'RFC 768'],
  'udp/length': ['Octets with this header of eight.', 'RFC 768'],
  'udp/checksum': ['Of header, data and the two IP addresses; 0 means none was made.', 'RFC 768'],

  // PPTP
  pptp: [
    'A message of the control connection: it makes and ends calls. The data itself goes in GRE, beside it.',
    'RFC 2637 §2',
  ],
  'pptp/pptp': [
    'A message of the control connection: it makes and ends calls. The data itself goes in GRE, beside it.',
    'RFC 2637 §2',
  ],
  'pptp/data': [
    'Octets of the control connection that are no whole message here: the rest is in another segment.',
    'RFC 2637 §1.4',
  ],
  'pptp/rubbish': [
    'Octets of the control connection that are no message. Whoever meets them should close it.',
    'RFC 2637 §1.4',
  ],
  'pptp/length': ['Octets of this message with its header.', 'RFC 2637 §2'],
  'pptp/pptpMessageType': ['1: control message. 2 would be management, which was never defined.', 'RFC 2637 §2'],
  'pptp/magicCookie': [
    'Always 1A2B3C4D: who finds another value has lost its place in the stream and closes.',
    'RFC 2637 §2',
  ],
  'pptp/controlMessageType': ['Which of the fifteen messages this is.', 'RFC 2637 §2'],
  'pptp/reserved0': ['Must be 0.', 'RFC 2637 §2'],
  'pptp/reserved1': ['Must be 0.', 'RFC 2637 §2'],
  'pptp/reserved2': ['Must be 0.', 'RFC 2637 §2'],
  'pptp/protocolVersion': [
    'Version and revision of PPTP that the sender speaks: 0100 is the one of RFC 2637.',
    'RFC 2637 §2',
  ],
  'pptp/resultCode': ['What has come of the request.', 'RFC 2637 §2'],
  'pptp/errorCode': ['Says more when the result is General Error; otherwise 0.', 'RFC 2637 §2.16'],
  'pptp/framingCapabilities': ['How the sender can frame PPP on a telephone line.', 'RFC 2637 §2'],
  'pptp/bearerCapabilities': ['Which telephone lines the sender can use.', 'RFC 2637 §2'],
  'pptp/maximumChannels': ['How many calls a PAC can have at once; a PNS says 0.', 'RFC 2637 §2'],
  'pptp/firmwareRevision': ["Number of the sender's program; for a PNS that of its driver.", 'RFC 2637 §2'],
  'pptp/hostName': ["Name of the sender's machine, 64 octets, filled with zeros.", 'RFC 2637 §2'],
  'pptp/vendorName': ["Who made the sender's program, 64 octets, filled with zeros.", 'RFC 2637 §2'],
  'pptp/reason': ['Why the control connection is to end.', 'RFC 2637 §2.3'],
  'pptp/identifier': ['Comes back in the reply, so that request and reply belong together.', 'RFC 2637 §2'],
  'pptp/callId': [
    'The number by which the sender of this message wants to be called: it stands in the key of the GRE packets to it. Without a helper NAT does not know it.',
    'RFC 2637 §2',
  ],
  'pptp/peerCallId': ['The number that the other side has chosen: it says which request this answers.', 'RFC 2637 §2'],
  'pptp/callSerialNumber': [
    'Names the call in the logs: unlike the call ID it is the same on both sides.',
    'RFC 2637 §2',
  ],
  'pptp/minimumBps': ['The slowest line that will do, in bits a second.', 'RFC 2637 §2.7'],
  'pptp/maximumBps': ['The fastest line that is wanted, in bits a second.', 'RFC 2637 §2.7'],
  'pptp/bearerType': [
    'Which telephone line is wanted. In a voluntary tunnel there is none, and either will do.',
    'RFC 2637 §2.7',
  ],
  'pptp/callBearerType': ['On which telephone line the call has come.', 'RFC 2637 §2.9'],
  'pptp/framingType': ['How PPP is framed on the telephone line.', 'RFC 2637 §2'],
  'pptp/packetRecvWindowSize': [
    'How many GRE packets without acknowledgment the sender of this has room for.',
    'RFC 2637 §2',
  ],
  'pptp/packetProcessingDelay': [
    'How long a packet takes inside the sender, in tenths of a second: the other side waits so much longer for an acknowledgment.',
    'RFC 2637 §2',
  ],
  'pptp/packetTransmitDelay': [
    'How long the sender of this takes to handle a packet, in tenths of a second.',
    'RFC 2637 §2',
  ],
  'pptp/phoneNumberLength': ['How many octets of the telephone number count.', 'RFC 2637 §2.7'],
  'pptp/phoneNumber': ['The number to dial; empty in a voluntary tunnel.', 'RFC 2637 §2.7'],
  'pptp/subaddress': ['More of the number, for equipment behind it.', 'RFC 2637 §2'],
  'pptp/causeCode': ['Why the telephone network gave the call up, as ISDN says it (Q.931).', 'RFC 2637 §2'],
  'pptp/connectSpeed': ['Speed of the line in bits a second.', 'RFC 2637 §2'],
  'pptp/physicalChannelId': ['Which channel the PAC uses; means something to the PAC only.', 'RFC 2637 §2'],
  'pptp/dialedNumberLength': ['How many octets of the dialled number count.', 'RFC 2637 §2.9'],
  'pptp/dialingNumberLength': ["How many octets of the caller's number count.", 'RFC 2637 §2.9'],
  'pptp/dialedNumber': [
    'The number that the caller has dialled: access servers choose the tunnel by it.',
    'RFC 2637 §2.9',
  ],
  'pptp/dialingNumber': ['The number from which the call comes.', 'RFC 2637 §2.9'],
  'pptp/callStatistics': [
    "Counters of the call as text, for the log; 128 octets, of the maker's own form.",
    'RFC 2637 §2.13',
  ],
  'pptp/crcErrors': ['Frames from the telephone line whose checksum was wrong.', 'RFC 2637 §2.14'],
  'pptp/framingErrors': ['Frames from the telephone line that were framed wrongly.', 'RFC 2637 §2.14'],
  'pptp/hardwareOverruns': ['Octets came faster than the hardware took them.', 'RFC 2637 §2.14'],
  'pptp/bufferOverruns': ['There was no buffer for what came.', 'RFC 2637 §2.14'],
  'pptp/timeOutErrors': ['Times that something did not come in time.', 'RFC 2637 §2.14'],
  'pptp/alignmentErrors': ['Octets that did not begin where they should.', 'RFC 2637 §2.14'],
  'pptp/sendAccm': [
    'Which control characters the PAC must escape when it sends on the telephone line: one bit for each.',
    'RFC 2637 §2.15',
  ],
  'pptp/receiveAccm': [
    'Which control characters that come in from the telephone line unescaped were put there by the line.',
    'RFC 2637 §2.15',
  ],

  controlStream: [
    'Octets of a control connection in which no message begins here: it began in an earlier segment, or this is no PPTP.',
    'RFC 2637 §1.4',
  ],

  // GRE
  gre: [
    'Carries the PPP frames of one call. It has no ports, only a call ID: that is why NAT boxes find it hard.',
    'RFC 2637 §4.1',
  ],
  'gre/flags': [
    'K: a key is there, always so in PPTP. S: a sequence number, so it carries data. A: an acknowledgment. Version 1.',
    'RFC 2637 §4.1',
  ],
  'gre/protocolType': ['880B: PPP is inside.', 'RFC 2637 §4.1'],
  'gre/payloadLength': [
    'Octets of the PPP frame behind this header. First half of what GRE calls key.',
    'RFC 2637 §4.1',
  ],
  'gre/callId': [
    'The number that the receiver has chosen for this call: it knows by it whose frame this is.',
    'RFC 2637 §4.1',
  ],
  'gre/sequenceNumber': [
    'Counts the packets that carry data, from 0. By it a lost or late packet is noticed.',
    'RFC 2637 §4.1',
  ],
  'gre/acknowledgmentNumber': ['The highest number that has come from the other side.', 'RFC 2637 §4.1'],
  'gre/order': ['How it stands to the packets before it.', 'RFC 2637 §4.3'],

  // PPP
  hdlc: ['PPP on a telephone line: flags around each frame, escapes in it, a checksum behind.', 'RFC 1662 §3'],
  'hdlc/flag': ['7E: here a frame begins or ends.', 'RFC 1662 §3.1'],
  'hdlc/hdlcFrame': ['What stands between two flags.', 'RFC 1662 §3.1'],
  'hdlc/piece': ['A part of a frame: its beginning or its end is elsewhere.', 'RFC 1662 §3.1'],
  'hdlcFrame/escape': [
    '7D says: the next octet is meant with its sixth bit turned round. So no flag or control character is in a frame.',
    'RFC 1662 §4.2',
  ],
  'hdlcFrame/fcs': [
    'Frame check sequence: a checksum over the frame. Noise on the line is noticed by it.',
    'RFC 1662 §3.1',
  ],
  ppp: ['A frame between the two ends of the tunnel: a protocol number, and what belongs to it.', 'RFC 1661 §2'],
  'ppp/address': ['FF: all stations. It says nothing and may be left out (ACFC).', 'RFC 1662 §3.1'],
  'ppp/control': ['03: unnumbered information. It says nothing and may be left out (ACFC).', 'RFC 1662 §3.1'],
  'ppp/protocol': [
    'What is in it: C021 LCP, C223 CHAP, C023 PAP, 80FD CCP, 8021 IPCP, 0021 IP, 00FD sealed or compressed. Small numbers may be one octet (PFC).',
    'RFC 1661 §2',
  ],

  // LCP and its kin
  lcp: ['Agrees how the PPP link is to be, before anything else; tests it, and ends it.', 'RFC 1661 §5'],
  ccp: ['Agrees on compression, and with MPPE on encryption.', 'RFC 1962 §2'],
  ipcp: ['Agrees on the addresses inside the tunnel.', 'RFC 1332 §2'],
  ecp: ['Would agree on encryption of another kind than MPPE.', 'RFC 1968'],
  ipv6cp: ['Would agree on IPv6 inside the tunnel.', 'RFC 5072'],
  ...below('lcp', CONTROL_PARTS),
  ...below('ccp', CONTROL_PARTS),
  ...below('ipcp', CONTROL_PARTS),
  ...below('ipv6cp', CONTROL_PARTS),
  ...below('ecp', CONTROL_PARTS),
  ...option(
    'lcp',
    'mru',
    'The largest packet that the sender of this takes: 1500 if nothing is said.',
    'RFC 1661 §6.1',
  ),
  ...option(
    'lcp',
    'accm',
    'Which control characters must be escaped on the way to the sender of this: one bit for each. In a tunnel 0 will do.',
    'RFC 1662 §7.1',
  ),
  ...option('lcp', 'auth', 'The sender of this wants the other side to prove who it is, in this way.', 'RFC 1661 §6.2'),
  'auth/protocol': ['C023 is PAP, C223 is CHAP.', 'RFC 1661 §6.2'],
  'auth/algorithm': [
    'Of CHAP: 5 is MD5, 128 MS-CHAP, 129 MS-CHAPv2. Only the two of Microsoft give keys to MPPE.',
    'RFC 1994 §3',
  ],
  ...option('lcp', 'quality', 'The link is to be watched by reports.', 'RFC 1661 §6.3'),
  ...option(
    'lcp',
    'magic',
    'A random number of the sender. Who hears its own again knows that the line is looped.',
    'RFC 1661 §6.4',
  ),
  ...option('lcp', 'pfc', 'The sender of this takes protocol numbers of one octet.', 'RFC 1661 §6.5'),
  ...option('lcp', 'acfc', 'The sender of this takes frames without the octets FF 03.', 'RFC 1661 §6.6'),
  ...option('lcp', 'fcs-alternatives', 'Other frame checksums than the usual one, or none.', 'RFC 1570 §2.1'),
  ...option('lcp', 'self-describing-pad', 'Padding that tells its own length.', 'RFC 1570 §2.2'),
  ...option('lcp', 'callback', 'The other side is to call back, at this number.', 'RFC 1570 §2.3'),
  ...option('lcp', 'compound-frames', 'Several packets may share a frame.', 'RFC 1570 §2.4'),
  ...option('lcp', 'mrru', 'Multilink: the largest packet that is put together from several links.', 'RFC 1990 §5.1.1'),
  ...option('lcp', 'short-sequence-numbers', 'Multilink with numbers of twelve bits.', 'RFC 1990 §5.1.2'),
  ...option(
    'lcp',
    'endpoint-discriminator',
    'Multilink: by this the links of one machine are known.',
    'RFC 1990 §5.1.3',
  ),
  ...option('lcp', 'link-discriminator', 'A number of this link, for multilink with bandwidth on demand.', 'RFC 2125'),
  ...option('ccp', 'predictor-1', 'A way of compression, which PPTP peers do not use.', 'RFC 1978'),
  ...option('ccp', 'predictor-2', 'A way of compression, which PPTP peers do not use.', 'RFC 1978'),
  ...option('ccp', 'stac-lzs', 'A way of compression, which PPTP peers do not use.', 'RFC 1974'),
  ...option(
    'ccp',
    'mppe',
    'MPPE: which key lengths, and whether the key changes with every packet (stateless). In the end exactly one length is named.',
    'RFC 3078 §2',
  ),
  ...option('ccp', 'bsd', 'BSD compression.', 'RFC 1977'),
  ...option('ccp', 'deflate-draft', 'Deflate compression, by a number that was only in a draft.', 'RFC 1979'),
  ...option('ccp', 'deflate', 'Deflate compression.', 'RFC 1979'),
  ...option('ipcp', 'addresses', 'Both addresses in one option: an old form.', 'RFC 1332 §3.1'),
  ...option('ipcp', 'compression', 'TCP/IP headers may come compressed, in the way of Van Jacobson.', 'RFC 1332 §3.2'),
  ...option(
    'ipcp',
    'address',
    'The address that the sender of this wants to have. 0.0.0.0 asks the other side for one, which it gives with a Nak.',
    'RFC 1332 §3.3',
  ),
  ...option('ipcp', 'dns1', 'Address of a name server; 0.0.0.0 asks for it.', 'RFC 1877 §1.1'),
  ...option('ipcp', 'nbns1', 'Address of a NetBIOS name server (WINS); 0.0.0.0 asks for it.', 'RFC 1877 §1.2'),
  ...option('ipcp', 'dns2', 'Address of the second name server.', 'RFC 1877 §1.3'),
  ...option('ipcp', 'nbns2', 'Address of the second NetBIOS name server.', 'RFC 1877 §1.4'),
  ...option('ipv6cp', 'interface-identifier', 'The lower half of the IPv6 address.', 'RFC 5072'),

  deflate: ['A packet compressed with deflate; what is in it is not shown.', 'RFC 1979'],
  bsd: ['A packet compressed in the way of BSD; what is in it is not shown.', 'RFC 1977'],
  stac: ['A packet compressed in the way of Stac; what is in it is not shown.', 'RFC 1974'],
  predictor: ['A packet compressed by predictor; what is in it is not shown.', 'RFC 1978'],
  compressed: ['A compressed or encrypted packet; how, CCP has agreed, and that was not seen.', 'RFC 1962 §2'],

  // Authentication
  pap: ['User and password as they are: everyone on the way can read them.', 'RFC 1334 §2'],
  'pap/code': ['1 request, 2 yes, 3 no.', 'RFC 1334 §2.2'],
  'pap/identifier': ['The answer carries the identifier of its request.', 'RFC 1334 §2.2'],
  'pap/length': ['Octets of the packet with this header.', 'RFC 1334 §2.2'],
  'pap/peerIdLength': ["Octets of the user's name.", 'RFC 1334 §2.2.1'],
  'pap/peerId': ["The user's name.", 'RFC 1334 §2.2.1'],
  'pap/passwordLength': ['Octets of the password.', 'RFC 1334 §2.2.1'],
  'pap/password': ['The password itself, readable.', 'RFC 1334 §2.2.1'],
  'pap/messageLength': ['Octets of the message.', 'RFC 1334 §2.2.2'],
  'pap/message': ['A word for people.', 'RFC 1334 §2.2.2'],
  'pap/data': ['Octets of a code that PAP does not have.', 'RFC 1334 §2.2'],
  chap: [
    'Who knows the password proves it, without showing it: a random challenge goes out, and the password worked into it comes back.',
    'RFC 1994 §2',
  ],
  'chap/code': ['1 challenge, 2 response, 3 success, 4 failure.', 'RFC 1994 §4'],
  'chap/identifier': [
    'A response carries the identifier of its challenge; with MD5 it is worked in as well.',
    'RFC 1994 §4',
  ],
  'chap/length': ['Octets of the packet with this header.', 'RFC 1994 §4'],
  'chap/algorithm': ['As LCP has agreed: it is not in the packet itself.', 'RFC 1994 §3'],
  'chap/valueSize': ["Octets of the value: 16 of a challenge, 49 of a response of Microsoft's kinds.", 'RFC 1994 §4.1'],
  'chap/value': ['The random challenge, or what the password has made of it.', 'RFC 1994 §4.1'],
  'chap/name': ['Who speaks: of a challenge the server, of a response the user.', 'RFC 1994 §4.1'],
  'chap/message': [
    'Of MS-CHAPv2: S= proves that the server knows the password too. Of a failure E= is the error number (691: wrong user or password), R=1 lets try again.',
    'RFC 2759 §5',
  ],
  'chap/data': ['Octets of a code that is not explained here.', 'RFC 1994 §4'],
  'value/peerChallenge': ['A random value of the client: so both sides have challenged each other.', 'RFC 2759 §4'],
  'value/reserved': ['Must be zero.', 'RFC 2759 §4'],
  'value/ntResponse': [
    "Three DES encryptions of the challenge under the password's MD4 hash. The last key has only two unknown octets, which is why it can be broken.",
    'RFC 2759 §8',
  ],
  'value/flags': ['Must be zero.', 'RFC 2759 §4'],
  'value/lmResponse': ['The same with the older LAN Manager hash, which is weak.', 'RFC 2433 §5'],
  'value/useNtResponse': ['1: the NT response counts, and the other is not looked at.', 'RFC 2433 §5'],

  // MPPE
  mppe: [
    'Microsoft Point-to-Point Encryption: from here on the packet is sealed with RC4. There is no checksum, so changed octets are not noticed.',
    'RFC 3078 §3.1',
  ],
  'mppe/flushed': [
    'Bit A: the key is fresh here, so a receiver that has lost packets can go on. Always set when stateless.',
    'RFC 3078 §3.1',
  ],
  'mppe/bitB': ['Bit B: of MPPC compression, not of MPPE; 0.', 'RFC 3078 §3.1'],
  'mppe/bitC': ['Bit C: of MPPC compression, not of MPPE; 0.', 'RFC 3078 §3.1'],
  'mppe/encrypted': ['Bit D: what follows is encrypted.', 'RFC 3078 §3.1'],
  'mppe/coherencyCount': [
    'Counts the packets, 0 to 4095. A gap tells the receiver that it has lost some, and must move its key on.',
    'RFC 3078 §3.1',
  ],
  'mppe/payload': ['The sealed octets: a PPP protocol number and its packet.', 'RFC 3078 §3.1'],

  // RADIUS
  radius: ['A server asks another one whether a user may come in, or tells it what was used.', 'RFC 2865 §3'],
  'radius/code': [
    '1 Access-Request, 2 Access-Accept, 3 Access-Reject, 4 Accounting-Request, 5 Accounting-Response, 11 Access-Challenge.',
    'RFC 2865 §3',
  ],
  'radius/identifier': ['The answer carries the identifier of its request.', 'RFC 2865 §3'],
  'radius/length': ['Octets of the packet with its header of 20.', 'RFC 2865 §3'],
  'radius/authenticator': [
    'Of a request random, or a checksum with the shared secret; of an answer such a checksum: who does not know the secret cannot make it.',
    'RFC 2865 §3',
  ],
  'radius/attribute': ['One fact: number, length and value.', 'RFC 2865 §5'],
  'radius/vendorSpecific': [
    "Attributes of a maker's own; 311 is Microsoft, whose attributes carry MS-CHAP and the keys of MPPE.",
    'RFC 2865 §5.26',
  ],
  'vendorSpecific/vendorId': ['Whose attributes these are; 311 is Microsoft.', 'RFC 2865 §5.26'],
  'vendorSpecific/attribute': ['One fact, numbered by that maker.', 'RFC 2548 §2'],

  // Van Jacobson
  vjCompressed: ['A TCP/IP header of which only the changes are sent.', 'RFC 1144 §3.2'],
  vjUncompressed: ['A whole TCP/IP header that the next compressed ones refer to.', 'RFC 1144 §3.2'],
  'vjUncompressed/connection': ['Number of the connection; it stands where the protocol of IP would.', 'RFC 1144 §3.2'],
  'vjCompressed/changeMask': ['Which changes follow.', 'RFC 1144 §3.2.2'],
  'vjCompressed/connection': ['Of which connection it is; absent: of the one before.', 'RFC 1144 §3.2.2'],
  'vjCompressed/tcpChecksum': [
    'The checksum of TCP as it was: it shows whether the header was rebuilt rightly.',
    'RFC 1144 §3.2.2',
  ],
  'vjCompressed/urgentPointer': ['The urgent pointer of TCP.', 'RFC 1144 §3.2.2'],
  'vjCompressed/windowDelta': ['How much the window has changed.', 'RFC 1144 §3.2.2'],
  'vjCompressed/acknowledgmentDelta': ['How much the acknowledgment has grown.', 'RFC 1144 §3.2.2'],
  'vjCompressed/sequenceDelta': ['How much the sequence number has grown.', 'RFC 1144 §3.2.2'],
  'vjCompressed/identificationDelta': ['How much the IP identification has grown.', 'RFC 1144 §3.2.2'],
}
