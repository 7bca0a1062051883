/** Networks and addresses as a lab writes them: which belong together, and which no machine can have. */
import { broadcastOf, formatIpv4, isMulticast, type Prefix, parsePrefix } from '../base/address.ts'
import type { InterfaceAddress } from './lab.ts'
import { items, type Tree, text } from './tree.ts'

export const prefixes = (tree: Tree | undefined): Prefix[] =>
  items(tree)
    .map(item => parsePrefix(text(item) ?? ''))
    .filter(prefix => prefix !== undefined)

export const sameNetwork = (a: InterfaceAddress, b: InterfaceAddress): boolean =>
  a.prefix.network === b.prefix.network && a.prefix.length === b.prefix.length
export const network = ({ prefix }: InterfaceAddress): string => `${formatIpv4(prefix.network)}/${prefix.length}`

/** Why no interface can have this address. */
export function unfit({ address, prefix }: InterfaceAddress): string | undefined {
  const written = formatIpv4(address)
  if (isMulticast(address) || address >>> 28 === 0xf)
    return `${written} is no address of a single machine (multicast or reserved).`
  if (address >>> 24 === 127 || address >>> 24 === 0) return `${written} never appears on a line (RFC 1122 §3.2.1.3).`
  if (prefix.length <= 30 && address === prefix.network) {
    return `${written} is the network itself; its machines are numbered from ${formatIpv4(address + 1)} on.`
  }
  if (address === broadcastOf(prefix)) {
    return `${written} is the broadcast address of ${network({ address, prefix })}; its last machine is ${formatIpv4(address - 1)}.`
  }
  return undefined
}
