/**
 * Outside addresses of a NAT box that are not those of its interface: what is easily forgotten about them. As on Linux they
 * are not local: the box answers ARP for them, but what comes to one and fits no entry is forwarded, and no `input` rule sees it.
 */
import { contains, formatIpv4, formatPrefix, type Ipv4, parsePrefix } from '../base/address.ts'
import type { RuleSpec } from '../filter/rules.ts'
import type { Chain } from '../filter/types.ts'
import type { FilterSpec } from './lab.ts'
import { splitRoute } from './leaf.ts'
import { network } from './networks.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, items, type Tree, text } from './tree.ts'

export interface Pool {
  readonly from: Ipv4
  readonly to: Ipv4
}

/** `tree` is where the addresses stand. */
export function warnOfPool(
  tree: Tree,
  { from, to }: Pool,
  outside: string,
  node: NodeDraft,
  filter: FilterSpec | undefined,
  topology: Topology,
): void {
  const own = node.interfaces.find(({ name }) => name === outside)?.ipv4
  if (!own || !topology.allRead) return
  const stray = [from, to].find(address => !contains(own.prefix, address))
  if (stray !== undefined) {
    if (isRouted(stray, own.address, node, topology)) return
    const message = `${formatIpv4(stray)} is outside of the network of ${outside}, ${network(own)}: no answer will find its way back.`
    const hint = `addresses of that network, or at the neighbour a route: ${formatIpv4(stray)}/32 via ${formatIpv4(own.address)}`
    topology.issues.warn(tree.mark, tree.path, message, hint)
    return
  }
  const other = [to, from].find(address => address !== own.address)
  if (other === undefined || !filter || !refuses(filter, 'input', outside) || refuses(filter, 'forward', outside))
    return
  const message = `The rules of input do not hold for ${formatIpv4(other)}: it is no address of ${outside}, so it is forwarded.`
  const hint = `add: forward drop in ${outside} to ${formatPrefix(own.prefix)}`
  topology.issues.warn(tree.mark, tree.path, message, hint)
}

/** Does anything in this chain keep out what comes in by the interface? */
const refuses = ({ rules, policies }: FilterSpec, chain: Chain, outside: string): boolean =>
  policies[chain] === 'drop' ||
  rules.some(rule => rule.chain === chain && rule.verdict !== 'accept' && isAt(rule, outside))

const isAt = ({ matches }: RuleSpec, outside: string): boolean =>
  matches.every(match => match.kind !== 'in' || match.names.includes(outside) !== match.not)

/** Has somebody else a route to it that leads here? */
const isRouted = (address: Ipv4, own: Ipv4, node: NodeDraft, { nodes }: Topology): boolean =>
  [...nodes.values()].some(
    other =>
      other !== node &&
      items(child(other.merged, 'routes')).some(item => {
        const route = splitRoute(text(item) ?? '')
        const prefix = parsePrefix(route?.prefix ?? '')
        return route?.via === formatIpv4(own) && prefix !== undefined && contains(prefix, address)
      }),
  )
