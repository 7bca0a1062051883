/**
 * Hostile and wrong PPP: what a session does about each conversation is one line of text, which stands in
 * docs/hostile-ppp.md. The frames are what comes out of a call, address and control field first.
 */
import { ip } from '../../src/base/address.ts'
import { fromAscii, hex } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import type { PppConfig } from '../../src/ppp/config.ts'

import { alone, CLIENT, drops, SERVER } from './ppp.ts'

type Alone = ReturnType<typeof alone>

const byte = (n: number): string => n.toString(16).padStart(2, '0')
const word = (n: number): string => n.toString(16).padStart(4, '0')

/** Where a conversation begins; `id` is that of our Challenge, if one is open. */
interface Scene {
  readonly a: Alone
  readonly id: number
}
type Situation = 'establish' | 'asking' | 'asking-pap' | 'asked' | 'network' | 'over'

const asks = (method: 'pap' | 'ms-chap-v2'): Partial<PppConfig> => ({
  authenticatePeer: { ...(SERVER.authenticatePeer as NonNullable<PppConfig['authenticatePeer']>), methods: [method] },
  ip: { local: ip('192.168.80.1'), assignPeer: () => ip('192.168.80.10') },
})

/** What our open LCP request asks for is acknowledged, and what the peer asks for is this. */
function openLcp(a: Alone, options: string): void {
  const request = a.peer.frames().find(frame => frame.startsWith('ff03c02101')) as string
  a.peer.raw(`ff03c02102${request.slice(10)}`)
  a.peer.raw(`ff03c0210101${word(4 + options.length / 2)}${options}`)
}

const SITUATIONS: { readonly [S in Situation]: () => Scene } = {
  /** LCP has asked, and nothing has been answered. */
  establish: () => {
    const a = alone({})
    a.us.session.open()
    a.peer.frames()
    return { a, id: 0 }
  },
  /** We have sent a Challenge of MS-CHAPv2. */
  asking: () => {
    const a = alone(asks('ms-chap-v2'))
    a.us.session.open()
    openLcp(a, '050611223344')
    const challenge = a.peer.frames().find(frame => frame.includes('c22301')) as string
    return { a, id: Number.parseInt(challenge.slice(challenge.indexOf('c22301') + 6).slice(0, 2), 16) }
  },
  'asking-pap': () => {
    const a = alone(asks('pap'))
    a.us.session.open()
    openLcp(a, '050611223344')
    a.peer.frames()
    return { a, id: 0 }
  },
  /** We have agreed to prove ourselves by MS-CHAPv2. */
  asked: () => {
    const a = alone({ ourself: CLIENT.ourself as NonNullable<PppConfig['ourself']> })
    a.us.session.open()
    openLcp(a, '0305c22381050611223344')
    a.peer.frames()
    return { a, id: 0 }
  },
  /** IPCP is open, nobody had to prove anything, and nothing is encrypted. */
  network: () => {
    const a = alone({ ip: { local: ip('192.168.80.10') } })
    a.us.session.open()
    openLcp(a, '050611223344')
    a.peer.raw('80210201000a0306c0a8500a')
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.frames()
    return { a, id: 0 }
  },
  over: () => {
    const scene = SITUATIONS.establish()
    scene.a.us.session.lowerDown()
    return scene
  },
}

export interface OddConversation {
  readonly name: string
  readonly situation: Situation
  /** In hexadecimal; `ID` is the identifier of our Challenge. */
  readonly frames: readonly string[]
}

const odd = (situation: Situation, name: string, ...frames: readonly string[]): OddConversation => ({
  name,
  situation,
  frames,
})

const lcp = (text: string): string => `ff03c021${text}`
const chap = (text: string): string => `c223${text}`
const ascii = (text: string): string => hex(fromAscii(text))
/** Code, identifier, honest length, body. */
const packet = (code: number, id: string, body: string): string =>
  `${byte(code)}${id}${word(4 + body.length / 2)}${body}`
const response = (value: string, name = 'alice'): string =>
  chap(packet(2, 'ID', `${byte(value.length / 2)}${value}${ascii(name)}`))
const CHALLENGE = chap(packet(1, '07', `10${'ab'.repeat(16)}${ascii('office')}`))

export const ODD_CONVERSATIONS: readonly OddConversation[] = [
  odd('establish', 'no octet at all', ''),
  odd('establish', 'one octet', 'ff'),
  odd('establish', 'address and control field only', 'ff03'),
  odd('establish', 'an even protocol number', 'ff030022'),
  odd('establish', 'LCP without a code', lcp('')),
  odd('establish', 'LCP, half a header', lcp('010100')),
  odd('establish', 'LCP, length 0', lcp('01010000')),
  odd('establish', 'LCP, length 3', lcp('01010003')),
  odd('establish', 'LCP, length beyond the frame', lcp('0101ffff')),
  odd('establish', 'LCP, octets behind the length', lcp('0101000407020802')),
  odd('establish', 'an option of length 0', lcp('010100060500')),
  odd('establish', 'an option of length 1', lcp('010100060501')),
  odd('establish', 'half an option', lcp('0101000505')),
  odd('establish', 'an option beyond the packet', lcp('0101000605ff')),
  odd('establish', 'a magic number of three octets', lcp('010100090505112233')),
  odd('establish', 'an MRU without a value', lcp('010100060102')),
  odd('establish', 'an MRU of 0', lcp('0101000801040000')),
  odd('establish', 'authentication without a protocol', lcp('010100060302')),
  odd('establish', 'the same option twice', lcp('01010010050611223344050655667788')),
  odd('establish', 'options inside an option', lcp('0101000cc808050611223344')),
  odd('establish', 'seven hundred options', lcp(`0101${word(4 + 1400)}${'c802'.repeat(700)}`)),
  odd('establish', 'Configure-Ack that nobody waits for', lcp('02630004')),
  odd('establish', 'Configure-Ack of other options', lcp('0201000a050611223344')),
  odd('establish', 'Configure-Nak of an option that we did not send', lcp('030100070d0306')),
  odd('establish', 'Configure-Nak without an option', lcp('03010004')),
  odd('establish', 'Configure-Reject of an option that we did not send', lcp('040100070d0306')),
  odd('establish', 'Configure-Reject without an option', lcp('04010004')),
  odd('establish', 'Terminate-Ack that nobody waits for', lcp('06090004')),
  odd('establish', 'Code-Reject of a code that nobody has', lcp('07090008c8010004')),
  odd('establish', 'Code-Reject without a packet', lcp('07090004')),
  odd('establish', 'Code-Reject of Configure-Request', lcp('0709000801010004')),
  odd('establish', 'Protocol-Reject of one octet', lcp('0809000580')),
  odd('establish', 'Protocol-Reject before LCP is open', lcp('080900068021')),
  odd('establish', 'Echo-Request before LCP is open', lcp('0909000811223344')),
  odd('establish', 'Echo-Request without a magic number', lcp('09090004')),
  odd('establish', 'Terminate-Request before LCP is open', lcp('05090004')),
  odd('establish', 'PAP before LCP is open', 'c0230101000801610162'),
  odd('establish', 'CHAP before LCP is open', CHALLENGE),
  odd('establish', 'IPCP before LCP is open', '80210101000a0306c0a85001'),
  odd('establish', 'an IP packet before LCP is open', '0021450000140000000040010000c0a8500ac0a85001'),
  odd('establish', 'an encrypted packet before LCP is open', '00fd9000aabbccdd'),

  odd('asking', 'IPCP before authentication', '80210101000a0306c0a85001'),
  odd('asking', 'CCP before authentication', '80fd0101000a120601000040'),
  odd('asking', 'an IP packet before authentication', '0021450000140000000040010000c0a8500ac0a85001'),
  odd('asking', 'a Response without a value', chap('02ID000500')),
  odd('asking', 'a Response without a value size', chap('02ID0004')),
  odd('asking', 'a Response whose value ends behind the packet', chap('02ID000cff112233445566')),
  odd('asking', 'a Response of 16 octets', response('11'.repeat(16))),
  odd('asking', 'a Response of 49 octets, reserved ones not zero', response('11'.repeat(49))),
  odd('asking', 'a Response without a name', response('00'.repeat(49), '')),
  odd('asking', 'a Response with a name of a thousand octets', response('00'.repeat(49), 'a'.repeat(1000))),
  odd('asking', 'a Response to a Challenge that was not sent', response('00'.repeat(49)).replace('ID', 'XX')),
  odd('asking', 'Success that nobody waits for', chap(packet(3, 'ID', ascii('S=')))),
  odd('asking', 'a Challenge although only we ask', CHALLENGE),
  odd('asking', 'CHAP code 0', chap('00ID0004')),
  odd('asking', 'CHAP code 99', chap('63ID0004')),
  odd('asking', 'PAP although CHAP was agreed on', 'c0230101000801610162'),
  odd('asking', 'Change-Password that nobody asked for', chap(packet(7, 'ID', '00'.repeat(582)))),
  odd('asking', 'Change-Password that is too short', chap(packet(7, 'ID', '00'.repeat(10)))),

  odd('asking-pap', 'a name that ends behind the packet', 'c02301010008ff610162'),
  odd('asking-pap', 'a password that ends behind the packet', 'c02301010008016109aa'),
  odd('asking-pap', 'an empty name and an empty password', 'c023010100060000'),
  odd('asking-pap', 'Authenticate-Ack from the one who is asked', 'c0230201000500'),
  odd('asking-pap', 'PAP code 9', 'c02309010004'),
  odd('asking-pap', 'CHAP although PAP was agreed on', CHALLENGE),

  odd('asked', 'a Challenge of one octet', chap(packet(1, '07', '01ab'))),
  odd('asked', 'a Challenge of 255 octets', chap(packet(1, '07', `ff${'ab'.repeat(255)}`))),
  odd('asked', 'Success before the Challenge', chap(packet(3, '07', ascii(`S=${'0'.repeat(40)}`)))),
  odd('asked', 'Success without a proof', CHALLENGE, chap(packet(3, '07', ascii('welcome')))),
  odd('asked', 'Success with a wrong proof', CHALLENGE, chap(packet(3, '07', ascii(`S=${'0'.repeat(40)} M=welcome`)))),
  odd('asked', 'Success with another identifier', CHALLENGE, chap(packet(3, '08', ascii(`S=${'0'.repeat(40)}`)))),
  odd('asked', 'Failure without a word', CHALLENGE, chap(packet(4, '07', ''))),
  odd('asked', 'Failure with a number of eleven digits', CHALLENGE, chap(packet(4, '07', ascii('E=99999999999 R=1')))),
  odd('asked', 'Authenticate-Ack of PAP', 'c0230201000500'),

  odd('network', 'an address of three octets', '8021010200090305c0a850'),
  odd('network', 'an address of zero for the peer', '80210102000a030600000000'),
  odd('network', 'IP-Addresses, the old option', '80210102000e010ac0a85001c0a8500a'),
  odd('network', 'compression of TCP/IP headers', '80210102000a0206002d0f01'),
  odd('network', 'a protocol that nobody knows', '1001aabb'),
  odd('network', 'IPV6CP', '80570101000e010a987dcb7757016d1e'),
  odd('network', 'an IPv6 packet', '0057600000000000'),
  odd('network', 'CCP although nothing is to be encrypted', '80fd0101000a120601000040'),
  odd('network', 'Protocol-Reject of a protocol that was never sent', lcp('080900068057')),
  odd('network', 'Protocol-Reject of LCP', lcp('08090006c021')),
  odd('network', 'Protocol-Reject of IPCP', lcp('080900068021')),
  odd('network', 'a Challenge, which was not agreed on', CHALLENGE),
  odd('network', 'LCP code 255', lcp('ff090004')),
  odd('network', 'Reset-Request in LCP', lcp('0e090004')),
  odd('network', 'Time-Remaining of four octets', lcp('0d09000811223344')),
  odd('network', 'Echo-Reply that nobody waits for', lcp('0a09000811223344')),
  odd('network', 'Discard-Request of a thousand octets', lcp(packet(11, '09', `11223344${'00'.repeat(1000)}`))),
  odd('network', 'LCP Configure-Request without options', lcp('01050004')),
  odd('network', 'Configure-Ack in state Opened', lcp('02010004')),
  odd('network', 'IPCP Terminate-Request', '802105090004'),

  odd('over', 'a Configure-Request after the end', lcp('01010004')),
]

export interface Reaction {
  /** What is answered at once, what is dropped, and how the session stands afterwards. */
  readonly line: string
  /** Timers that are left when the line below has gone, and how often the session ended. */
  readonly left: { readonly timers: boolean; readonly ends: number }
}

export function play({ situation, frames }: OddConversation): Reaction {
  const { a, id } = SITUATIONS[situation]()
  const before = a.events.length
  for (const frame of frames) a.peer.raw(frame.replace('ID', byte(id)).replace('XX', byte((id + 100) & 255)))
  const answers = a.peer.hears().map(masked)
  const dropped = drops(a.events.slice(before), 'us')
  const { phase, lcp: state, ipcp } = a.us.session
  const where = phase === 'network' ? `network, IPCP ${ipcp}` : `${phase}, LCP ${state}`
  const line = `${answers.join('; ') || 'no answer'} | ${dropped.join(', ') || 'nothing'} | ${where}`
  a.advance(sec(300))
  a.us.session.lowerDown()
  a.advance(sec(300))
  return { line, left: { timers: a.world.scheduler.next !== undefined, ends: a.us.ends.length } }
}

/** Random numbers say nothing. */
const masked = (line: string): string =>
  line
    .replaceAll(/0x[0-9a-f]{8}/g, 'N')
    .replace(/^(chap \S+) \d+/, '$1')
    .replace(/C=[0-9a-f]+/, 'C=N')
    .replace(/\(c802\)|(option 200, )+option 200/g, 'option 200 …')
