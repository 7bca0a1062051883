/**
 * A door through a TUN device of this machine (Linux): its kernel routes packets into the device, and they come in here.
 *
 * A device that was not there before is made, configured, and gone with the program, however that ends: the kernel takes
 * address and routes away with it. A device that was there, or that came as an open descriptor, belongs to somebody else
 * and is used as it is.
 */
import { formatIpv4, type NodeSpec } from '../../index.ts'
import { UsageError } from '../usage.ts'
import { type Door, type DoorEvents, packets } from './door.ts'

type TunSpec = Extract<NodeSpec, { kind: 'tun' }>
type Prefix = TunSpec['networks'][number]

const cidr = (prefix: Prefix): string => `${formatIpv4(prefix.network)}/${prefix.length}`
const addressOf = ({ tun }: TunSpec): string | undefined =>
  tun.ipv4 && `${formatIpv4(tun.ipv4.address)}/${tun.ipv4.prefix.length}`

/** What opening it changes on this machine, as the commands that would do the same. */
export function planTun(spec: TunSpec, mtu: number, descriptor: number | undefined): string[] {
  const { name, tun } = spec
  if (descriptor !== undefined) return [`# ${name}: descriptor ${descriptor} is used as it is; nothing is changed`]
  const address = addressOf(spec)
  return [
    `# ${name}: unless the device ${tun.name} is there already; then it is used as it is`,
    `ip tuntap add dev ${tun.name} mode tun`,
    ...(address === undefined ? [] : [`ip addr add ${address} dev ${tun.name}`]),
    `ip link set dev ${tun.name} up mtu ${mtu}`,
    ...tun.routes.map(route => `ip route add ${cidr(route)} dev ${tun.name}`),
    '# at the end, however it comes, the device goes, and with it its address and routes',
  ]
}
