/** `tcp` of a node: what it does differently as an end of TCP connections. What is absent is as usual. */
import * as v from 'valibot'
import type { TcpSpec } from './lab.ts'
import { flag, oneOf, show, size, type Wrong } from './leaf.ts'
import { map } from './map.ts'
import { child, flag as flagOf, type Tree, text } from './tree.ts'
import { parseSize } from './units.ts'

export const CONGESTION = ['new-reno', 'cubic'] as const satisfies readonly TcpSpec['congestion'][]
export const PROFILES = ['linux', 'rfc'] as const satisfies readonly TcpSpec['profile'][]

/** Two of the smallest full segments; the largest window that there is (RFC 7323 §2.3). */
const SMALLEST = 1072
const LARGEST = 2 ** 30

const bufferWrong = ({ input }: Wrong) =>
  `${show(input)} is no size for a buffer of TCP: it lies between ${SMALLEST}B and ${LARGEST / 2 ** 20}MiB.\nfor example 64KiB`
const buffer = (describe: string) =>
  v.pipe(
    size(describe),
    v.check(text => {
      const octets = parseSize(text)
      return octets === undefined || (octets >= SMALLEST && octets <= LARGEST)
    }, bufferWrong),
  )

export const tcpSchema = v.pipe(
  map('the tcp of a node', {
    congestion: v.optional(oneOf(CONGESTION, 'Congestion control: NewReno (RFC 5681), or CUBIC (RFC 9438).')),
    profile: v.optional(
      oneOf(PROFILES, 'Times: as Linux has them (timeouts of 200 ms and more), or the RFCs (1 s and more).'),
    ),
    sack: v.optional(flag('Offer selective acknowledgments (RFC 2018)?')),
    timestamps: v.optional(flag('Offer timestamps (RFC 7323)?')),
    'path-mtu-discovery': v.optional(flag('Forbid routers to fragment, and find out what they carry (RFC 1191)?')),
    'black-hole-detection': v.optional(
      flag('Find out by silence where the messages that a packet was too large are lost (RFC 4821)?'),
    ),
    'send-buffer': v.optional(buffer('Octets that wait for the acknowledgment of the peer, at most.')),
    'receive-buffer': v.optional(buffer('Octets that wait for their reader, at most; it sets the window.')),
  }),
  v.description('How the machine speaks TCP, in the tunnel and outside.'),
)

/** What can be read of it; undefined if nothing is said. */
export function readTcp(tree: Tree | undefined): TcpSpec | undefined {
  if (tree === undefined) return undefined
  const congestion = CONGESTION.find(known => known === text(child(tree, 'congestion')))
  const profile = PROFILES.find(known => known === text(child(tree, 'profile')))
  const [sack, timestamps, pathMtuDiscovery, blackHoleDetection] = [
    'sack',
    'timestamps',
    'path-mtu-discovery',
    'black-hole-detection',
  ].map(key => flagOf(child(tree, key)))
  const [sendBuffer, receiveBuffer] = ['send-buffer', 'receive-buffer'].map(key =>
    parseSize(text(child(tree, key)) ?? ''),
  )
  return {
    ...(congestion === undefined ? {} : { congestion }),
    ...(profile === undefined ? {} : { profile }),
    ...(sack === undefined ? {} : { sack }),
    ...(timestamps === undefined ? {} : { timestamps }),
    ...(pathMtuDiscovery === undefined ? {} : { pathMtuDiscovery }),
    ...(blackHoleDetection === undefined ? {} : { blackHoleDetection }),
    ...(sendBuffer === undefined ? {} : { sendBuffer }),
    ...(receiveBuffer === undefined ? {} : { receiveBuffer }),
  }
}
