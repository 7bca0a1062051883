/** Words of the screen, messages, states and events: what each means, and where that stands. */
import type { EventName } from '../base/trace.ts'
import type { Explained } from './glossary-fields.ts'

/** A word of the screen: in the few words that the help has room for, and in full. */
export interface Word {
  readonly short: string
  readonly text: string
  readonly see: string
}

export const WORDS: Readonly<Record<string, Word>> = {
  PNS: {
    short: 'asks for the call',
    text: 'PPTP Network Server: the end of the tunnel that asks for a call. In a voluntary tunnel it is the computer that dials; in a compulsory one the office, which is asked by the access server.',
    see: 'RFC 2637 §1.2',
  },
  PAC: {
    short: 'owns the line',
    text: 'PPTP Access Concentrator: the end of the tunnel that owns the line. In a voluntary tunnel it is the server, which has no line at all; in a compulsory one the access server that the telephone call comes to.',
    see: 'RFC 2637 §1.2',
  },
  OCRQ: {
    short: 'Outgoing-Call-Request',
    text: 'Outgoing-Call-Request: the PNS asks for a call. With its reply (OCRP) both ends have a call ID, and GRE can begin.',
    see: 'RFC 2637 §2.7',
  },
  GRE: {
    short: 'carries PPP, PNS to PAC',
    text: 'Generic Routing Encapsulation, in the form that PPTP gives it: carries the PPP frames. It has no ports to tell two clients behind one address apart, only call IDs.',
    see: 'RFC 2637 §4.1',
  },
  LCP: {
    short: 'sets up the PPP link',
    text: 'Link Control Protocol: agrees how PPP frames look on this link, tests it, and ends it.',
    see: 'RFC 1661 §5',
  },
  auth: {
    short: 'who is it? (PAP or CHAP)',
    text: 'Authentication: one side proves who it is, by PAP with the password itself, by CHAP without showing it. MPPE takes its keys from MS-CHAP.',
    see: 'RFC 1661 §3.5',
  },
  CCP: {
    short: 'agrees on the sealing, MPPE',
    text: 'Compression Control Protocol: agrees on compression, and with the option of MPPE on encryption. Open means that data is sealed.',
    see: 'RFC 1962 §2',
  },
  IPCP: {
    short: 'hands out the inner address',
    text: 'IP Control Protocol: agrees on the addresses inside the tunnel. Open means that the interface ppp0 is up.',
    see: 'RFC 1332 §2',
  },
  sealed: {
    short: 'encrypted by MPPE',
    text: 'Encrypted by MPPE: only the two ends of the tunnel can read it. The headers outside are never sealed.',
    see: 'RFC 3078 §3',
  },
  way: {
    short: '●past ►moving ○to come ×lost',
    text: 'One sign for each machine, in the order of the drawing: ● it has passed, ► it is on its way there, ○ still to come, × it died there, · not on its path.',
    see: '',
  },
  TCP: {
    short: 'carries the control messages',
    text: 'The control connection runs in a TCP connection to port 1723. When it breaks, all its calls end.',
    see: 'RFC 2637 §3.1',
  },
  control: {
    short: 'both speak PPTP',
    text: 'The control connection: both ends have said that they speak PPTP, and which version. Calls are made and ended in it.',
    see: 'RFC 2637 §3.1',
  },
  call: {
    short: 'numbers for GRE',
    text: 'A call gives both ends a number for their GRE packets. In a voluntary tunnel no telephone rings; the words are those of a call all the same.',
    see: 'RFC 2637 §3.2',
  },
  line: {
    short: 'a telephone line',
    text: 'A telephone line joins two modems. PPP frames follow on it as octets with flags, escapes and a checksum.',
    see: 'RFC 1662 §3',
  },
  MPPE: {
    short: 'the sealing: RC4',
    text: "Microsoft Point-to-Point Encryption: RC4 with keys made of the password's hash. Old and weak; to see how it works is why it is here.",
    see: 'RFC 3078',
  },
  NAT: {
    short: 'one address for many',
    text: 'Network address translation: a box puts its own address into packets of the machines behind it, and remembers whose they were by ports. GRE has none, so PPTP needs a helper that reads call IDs.',
    see: 'RFC 3022',
  },
  helper: {
    short: 'reads PPTP in a NAT box',
    text: 'A part of a NAT box that reads the messages of PPTP, so that it knows the call IDs, and changes them where two clients have chosen the same.',
    see: 'RFC 2663 §2.9',
  },
  lens: {
    short: 'outside, inside, or both',
    text: 'What is looked at: the packets as they are on the lines (outside), what is in the tunnel (inside), or both.',
    see: '',
  },
  goodput: {
    short: 'octets of use',
    text: 'Octets that were of use to somebody, both directions: without headers of the tunnel and without repetitions.',
    see: '',
  },
  'up, down': {
    short: 'does it come out beyond?',
    text: 'Up is from the client, down is to it. √: packets have come out at the other end. ~: some are on their way. ×: they are lost. Most failures are half open, so the two are judged apart.',
    see: '',
  },
}

/** How a check is judged, by the first word of its time. */
export const CHECK_TEXTS: Readonly<Record<string, string>> = {
  by: 'It must become true at some moment from 0 s to the one named, both included. The first such moment passes it.',
  at: 'It must be true at exactly this moment, after everything that happens then.',
  from: 'It must be true all the time between the two moments, both included. A single moment without fails it.',
}

/** Machines that the words of the screen stand for. */
export const KINDS: Readonly<Record<string, Explained>> = {
  client: ['A computer that dials a tunnel by itself, or over a telephone line.', 'RFC 2637 §1.2'],
  'pptp-server': ['Takes calls of PPTP, proves who calls, and hands out addresses inside.', 'RFC 2637 §1.2'],
  router: ['Passes packets on by their destination, and looks at nothing inside.', 'RFC 1812'],
  firewall: ['Passes packets on as its rules say; with NAT it puts its own address into them.', 'RFC 3022'],
  'load-balancer': [
    'One address in front of several servers; it must give both the TCP connection and the GRE of a call to the same one.',
    '',
  ],
  switch: ['Joins cables: gives a frame to the port behind which its Ethernet address was seen.', ''],
  host: ['A computer without a tunnel of its own.', ''],
  radius: ['Knows the users: servers ask it who may come in, and tell it what was used.', 'RFC 2865 §2'],
  pstn: ['The telephone network: joins the line of who dials with that of the number.', ''],
  nas: [
    'Network access server: takes telephone calls, and passes their PPP through a tunnel or ends it itself. As end of a tunnel it is the PAC.',
    'RFC 2637 §1.2',
  ],
  tun: ['A place where packets leave the simulation through an interface of this computer.', ''],
  udp: ['A place where packets leave the simulation as UDP of this computer.', ''],
}

/** Messages of PPTP and PPP by their type in the trace; PPTP\'s section is known by glossary.ts. */
export const MESSAGE_TEXTS: Readonly<Record<string, string>> = {
  'start-control-connection-request': 'The control connection begins: this side says which version of PPTP it speaks.',
  'start-control-connection-reply': 'The other side speaks the same version: the control connection is there.',
  'stop-control-connection-request': 'The control connection is to end; calls end with it.',
  'stop-control-connection-reply': 'The other side agrees that the control connection ends.',
  'outgoing-call-request': 'The PNS asks the PAC for a call, and says by which number it wants to be called.',
  'outgoing-call-reply': 'The PAC answers with a call number of its own: GRE can begin.',
  'incoming-call-request': 'Somebody has dialled: the PAC asks the PNS whether it takes the call.',
  'incoming-call-reply': 'The PNS takes the call, with a call number of its own.',
  'incoming-call-connected': 'The PAC has answered the telephone: GRE can begin.',
  'set-link-info': 'The PNS tells the PAC which octets must be escaped on the telephone line.',
  'wan-error-notify': 'The PAC tells what noise on the telephone line has done.',
  'call-clear-request': 'The PNS wants the call to end.',
  'call-disconnect-notify': 'The PAC says that the call is over.',
  'echo-request': 'Is the other side still there?',
  'echo-reply': 'The other side is still there.',
  'configure-request': 'This side says how it wants the link to be.',
  'configure-ack': 'Everything that the other side asked for is accepted.',
  'configure-nak': 'Another value is asked for: the other side may ask again with it.',
  'configure-reject': 'An option that this side does not know: the other side must leave it out.',
  'code-reject': 'A packet whose code this side does not know comes back.',
  'protocol-reject': 'A PPP protocol that this side does not speak: the other side must stop sending it.',
  'discard-request': 'Octets that are to be thrown away.',
  identification: 'This side says what it is, as text for the log.',
  'time-remaining': 'How long the session may go on.',
  'reset-request': 'Packets were lost: the other side is to begin with a fresh key.',
  'reset-ack': 'The fresh key begins here.',
  challenge: 'Prove who you are: answer this random value with your password, without showing it.',
  response: 'The password has been worked into the challenge; only who knows it can check it.',
  success: 'The password is right, and the server proves that it knows it too.',
  failure: 'The password is wrong, or the user is not known.',
  'authenticate-request': 'User and password are sent as they are: everyone on the way can read them.',
  'authenticate-ack': 'User and password are right.',
  'authenticate-nak': 'The password is wrong, or the user is not known.',
  'terminate-request': 'This side wants the link to end.',
  'terminate-ack': 'The other side agrees that the link ends.',
}

/** Where the messages of PPP stand. */
export const MESSAGE_PLACES: Readonly<Record<string, string>> = {
  'configure-request': 'RFC 1661 §5.1',
  'configure-ack': 'RFC 1661 §5.2',
  'configure-nak': 'RFC 1661 §5.3',
  'configure-reject': 'RFC 1661 §5.4',
  'terminate-request': 'RFC 1661 §5.5',
  'terminate-ack': 'RFC 1661 §5.5',
  'code-reject': 'RFC 1661 §5.6',
  'protocol-reject': 'RFC 1661 §5.7',
  'echo-request': 'RFC 1661 §5.8',
  'echo-reply': 'RFC 1661 §5.8',
  'discard-request': 'RFC 1661 §5.9',
  identification: 'RFC 1570 §1.1',
  'time-remaining': 'RFC 1570 §1.2',
  'reset-request': 'RFC 3078 §7',
  'reset-ack': 'RFC 1962 §3',
  challenge: 'RFC 1994 §4.1',
  response: 'RFC 1994 §4.1',
  success: 'RFC 1994 §4.2',
  failure: 'RFC 1994 §4.2',
  'authenticate-request': 'RFC 1334 §2.2.1',
  'authenticate-ack': 'RFC 1334 §2.2.2',
  'authenticate-nak': 'RFC 1334 §2.2.2',
}

/** Signals of telephone lines. */
export const SIGNAL_TEXTS: Readonly<Record<'setup' | 'alerting' | 'connect' | 'release', string>> = {
  setup: 'The number that was dialled goes ahead of the call; nothing is said on the line yet.',
  alerting: 'At the other end it rings.',
  connect: 'The call is answered: from now on the line carries octets, and PPP may begin.',
  release: 'The line is given back; what ran over it ends.',
}

/** Events of the trace; what has a text of its own (drops, messages, signals, states) is looked up there. */
export const EVENT_TEXTS: Readonly<Record<EventName, string>> = {
  send: 'A machine has made an IP packet.',
  forward: 'A machine has passed an IP packet on.',
  deliver: 'An IP packet has reached a machine that it is addressed to.',
  drop: 'A packet was discarded. Each drop has a reason of a closed list; w tells all of it.',
  state: 'A machine went from one state to another.',
  'pptp-message': "A message of PPTP's control connection.",
  'ppp-message': 'A packet of a PPP control protocol.',
  'radius-message': 'A server asks another one about a user, or tells it what was used.',
  'line-signal': 'A signal of a telephone line.',
  'tunnel-rule': 'An access server has decided which tunnel a telephone call takes: the first rule that fits.',
  'pns-passed': 'The PNS that was asked did not take the call: the next one is asked, or the caller turned away.',
  'radius-silent': 'No RADIUS server answered in time.',
  account: 'What a caller has used, when his session is over: octets in came from the caller.',
  interface: 'An interface came up or went down. A ppp interface is up while IPCP is open.',
  'tunnel-end':
    'A tunnel is over or did not come about. The first cause is named, at each end as far as it is known there.',
  'dial-end': 'A telephone call is over or did not come about, with its first cause.',
  route: 'A route was added or taken away. Routes of a tunnel go with its interface.',
  arp: 'Which network card has an address? The answer is remembered for a while.',
  'tcp-retransmit': 'No acknowledgment came in time: the same octets are sent again, and the next wait is longer.',
  'ping-sent': 'An echo request went out.',
  'ping-reply': 'The answer to an echo request came back; its time is there and back.',
  'ping-failed': 'A router has sent the request back with a reason, or no answer came in time.',
  'fetch-done': 'A transfer has ended; good only if every octet was the right one.',
  'talk-done': 'A conversation with an echo service has ended; good only if everything came back.',
  'echo-reply': 'An echo over UDP came back.',
  'wall-clock': 'The run goes with the clock on the wall.',
  served: 'A connection to a service is over.',
  nat: 'A NAT box has changed a packet: by a rule, or by the entry that an earlier packet has made.',
  'nat-helper': 'A helper in a NAT box has changed a message of PPTP, so that the call ID fits outside.',
  flow: 'Connection tracking has a new entry, or one less. An entry ends when nothing came for its time.',
  action: 'Something that the lab or you have done.',
}

const AUTOMATON: Readonly<Record<string, Explained>> = {
  initial: ['The layer below is not there, and nobody wants it open.', 'RFC 1661 §4.2'],
  starting: ['It is wanted open, and waits for the layer below.', 'RFC 1661 §4.2'],
  closed: ['The layer below is there, and nobody wants it open.', 'RFC 1661 §4.2'],
  stopped: ['It has given up, or the other side has ended it: it waits for a request from there.', 'RFC 1661 §4.2'],
  closing: ['A Terminate-Request was sent, and its answer is awaited; then Closed.', 'RFC 1661 §4.2'],
  stopping: ['A Terminate-Request was sent, and its answer is awaited; then Stopped.', 'RFC 1661 §4.2'],
  'req-sent': [
    'A Configure-Request was sent; neither has it been accepted, nor that of the other side by us.',
    'RFC 1661 §4.2',
  ],
  'ack-rcvd': ['The other side has accepted our request; its own is still awaited.', 'RFC 1661 §4.2'],
  'ack-sent': ["We have accepted the other side's request; the answer to ours is still awaited.", 'RFC 1661 §4.2'],
  opened: ['Both requests are accepted: this layer is open, and the next one may begin.', 'RFC 1661 §4.2'],
}

/** States by machine, as docs/snapshot.md names them. */
export const STATE_TEXTS: Readonly<Record<string, Readonly<Record<string, Explained>>>> = {
  lcp: AUTOMATON,
  ccp: AUTOMATON,
  ipcp: AUTOMATON,
  auth: {
    idle: ['Nobody has been asked who he is yet.', 'RFC 1661 §3.5'],
    authenticating: ['A challenge or a password is on its way.', 'RFC 1661 §3.5'],
    authenticated: ['Whoever had to prove who he is has done so.', 'RFC 1661 §3.5'],
    failed: ['The proof was wrong or did not come: the link ends.', 'RFC 1661 §3.5'],
  },
  phase: {
    dead: ['There is no link: the layer below is down.', 'RFC 1661 §3.3'],
    establish: ['LCP agrees how the link is to be.', 'RFC 1661 §3.4'],
    authenticate: ['Who is it? Only LCP, authentication and link tests are heard now.', 'RFC 1661 §3.5'],
    network: ['The link is there: CCP and IPCP may open, and data flows.', 'RFC 1661 §3.6'],
    terminate: ['The link is being ended.', 'RFC 1661 §3.7'],
  },
  control: {
    idle: ['There is no control connection.', 'RFC 2637 §3.1.2'],
    'wait-ctl-reply': ['Start-Control-Connection-Request was sent; its reply is awaited.', 'RFC 2637 §3.1.2'],
    established: ['Both ends speak PPTP: calls can be made.', 'RFC 2637 §3.1.2'],
    'wait-stop-reply': ['Stop-Control-Connection-Request was sent; its reply is awaited.', 'RFC 2637 §3.1.2'],
  },
  call: {
    idle: ['There is no call.', 'RFC 2637 §3.2.4'],
    'wait-cs-ans': ['The PAC waits for the telephone line that was dialled.', 'RFC 2637 §3.2.4.1'],
    'wait-connect': ['The call is accepted; Incoming-Call-Connected is awaited.', 'RFC 2637 §3.2.3.2'],
    'wait-reply': ['The request for a call was sent; its reply is awaited.', 'RFC 2637 §3.2.4.2'],
    established: ['Both ends have a call ID: GRE may flow.', 'RFC 2637 §3.2.4.2'],
    'wait-disconnect': ['The end of the call was asked for; Call-Disconnect-Notify is awaited.', 'RFC 2637 §3.2.4.2'],
  },
  gre: {
    open: ['Packets may go.', 'RFC 2637 §4.2'],
    'window-full': [
      'As many packets are under way without acknowledgment as the other side has room for.',
      'RFC 2637 §4.2',
    ],
    closed: ['There is no call.', 'RFC 2637 §4.1'],
  },
  mppe: {
    off: ['Nothing is sealed.', 'RFC 3078 §3'],
    on: ['Data is sealed.', 'RFC 3078 §3'],
    'needs-reset': ['A packet was lost, and the key is lost with it: a fresh one was asked for.', 'RFC 3078 §7'],
  },
  line: {
    idle: ['No call is on the line.', ''],
    dialling: ['The number goes out; nobody has answered.', ''],
    alerting: ['At the other end it rings.', ''],
    ringing: ['It rings here.', ''],
    connected: ['The line carries octets.', ''],
    releasing: ['The line is being given back.', ''],
  },
  use: {
    idle: ['Nobody calls.', ''],
    naming: ['The caller is asked who he is, so that a rule can be chosen.', ''],
    connecting: ['The control connection to the PNS is being made.', ''],
    asking: ['The PNS is asked whether it takes the call.', 'RFC 2637 §3.2.3'],
    tunnelled: ['The frames of this line go through a tunnel; PPP ends at the PNS.', 'RFC 2637 §1.2'],
    local: ['PPP ends here, without a tunnel.', ''],
    dialling: ['The access server dials out for a PNS.', 'RFC 2637 §3.2.4'],
  },
  tcp: {
    closed: ['There is no connection.', 'RFC 9293 §3.3.2'],
    listen: ['It waits for somebody to connect.', 'RFC 9293 §3.3.2'],
    'syn-sent': ['A SYN was sent; the answer is awaited.', 'RFC 9293 §3.3.2'],
    'syn-received': ['A SYN came and was answered; the acknowledgment is awaited.', 'RFC 9293 §3.3.2'],
    established: ['Data flows both ways.', 'RFC 9293 §3.3.2'],
    'fin-wait-1': ['This side has ended; its FIN is not acknowledged yet.', 'RFC 9293 §3.3.2'],
    'fin-wait-2': ['This side has ended, and the other knows; it may still send.', 'RFC 9293 §3.3.2'],
    'close-wait': ['The other side has ended; this one may still send.', 'RFC 9293 §3.3.2'],
    closing: ['Both have ended at the same time.', 'RFC 9293 §3.3.2'],
    'last-ack': ['Both have ended; the last acknowledgment is awaited.', 'RFC 9293 §3.3.2'],
    'time-wait': ['Over; it stays a while, so that late segments disturb no new connection.', 'RFC 9293 §3.3.2'],
  },
  // What a box that tracks connections knows of them.
  tracked: {
    none: ['No segment of TCP has told a state yet.', ''],
    'syn-sent': ['A SYN has passed; no answer was seen.', ''],
    'syn-sent-2': ['A SYN has passed in both directions.', ''],
    'syn-received': ['The answer to the SYN has passed.', ''],
    established: ['The connection is up; its entry lives long.', ''],
    'fin-wait': ['One side has ended; the entry lives shorter.', ''],
    'close-wait': ['One side has ended, and the other has acknowledged it.', ''],
    'last-ack': ['Both have ended.', ''],
    'time-wait': ['Over: the entry goes soon.', ''],
    close: ['Broken off by RST: the entry goes at once or soon.', ''],
    answered: ['Packets have passed in both directions: the entry lives longer.', ''],
    unanswered: ['Packets have passed in one direction only: the entry lives short.', ''],
  },
}
