/**
 * A door through a TUN device of this machine (Linux): its kernel routes packets into the device, and they come in here.
 *
 * A device that was not there before is made, configured, and gone with the program, however that ends: the kernel takes
 * address and routes away with it. A device that was there, or that came as an open descriptor, belongs to somebody else
 * and is used as it is.
 */
import { Tun, TunError } from 'tuntap2'
import { formatIpv4, type NodeSpec } from '../../index.ts'
import { UsageError } from '../usage.ts'
import { type Door, type DoorEvents, packets } from './door.ts'

type TunSpec = Extract<NodeSpec, { kind: 'tun' }>
type Prefix = TunSpec['networks'][number]

/** Packets that the kernel keeps for us in a burst; its own 500 are gone in 8 ms at 60 000 a second. */
const QUEUE = 4000

const cidr = (prefix: Prefix): string => `${formatIpv4(prefix.network)}/${prefix.length}`
const addressOf = ({ tun }: TunSpec): string | undefined =>
  tun.ipv4 && `${formatIpv4(tun.ipv4.address)}/${tun.ipv4.prefix.length}`

/** What opening it changes on this machine, as the commands that would do the same. */
export function planTun(spec: TunSpec, mtu: number, descriptor: number | undefined): string[] {
  const { name, tun } = spec
  if (descriptor !== undefined) return [`# ${name}: descriptor ${descriptor} is used as it is; nothing is changed`]
  const address = addressOf(spec)
  return [
    `# ${name}: if there is a device ${tun.name} already, it is used as it is; otherwise`,
    `ip tuntap add dev ${tun.name} mode tun`,
    ...(address === undefined ? [] : [`ip addr add ${address} dev ${tun.name}`]),
    `ip link set dev ${tun.name} up mtu ${mtu} txqueuelen ${QUEUE}`,
    ...tun.routes.map(route => `ip route add ${cidr(route)} dev ${tun.name}`),
    '# at the end, however it comes, the device goes, and with it its address and routes',
  ]
}

export function openTun(spec: TunSpec, mtu: number, descriptor: number | undefined): Door {
  try {
    const tun = new Tun(descriptor === undefined ? { name: spec.tun.name } : { fd: descriptor })
    try {
      if (tun.created) configure(tun, spec, mtu)
      return new TunDoor(spec, tun)
    } catch (error) {
      tun.release()
      throw error
    }
  } catch (error) {
    if (error instanceof TunError) throw new UsageError(`${spec.name}: ${error.message}`)
    throw error
  }
}

function configure(tun: Tun, spec: TunSpec, mtu: number): void {
  tun.mtu = mtu
  tun.queueLength = QUEUE
  tun.ipv4 = addressOf(spec)
  tun.isUp = true
  for (const route of spec.tun.routes) tun.addRoute(cidr(route))
}

class TunDoor implements Door {
  readonly node: string
  readonly told: string
  readonly #tun: Tun
  readonly #refused = new Map<string, number>()

  constructor(spec: TunSpec, tun: Tun) {
    this.node = spec.name
    this.told = told(spec, tun)
    this.#tun = tun
  }

  start({ packets, broken }: DoorEvents): void {
    const views: Uint8Array[] = []
    this.#tun.on('error', error => broken(`${this.node}: ${error.message}`))
    this.#tun.onBatch(({ count, slots, lengths }) => {
      views.length = 0
      for (let i = 0; i < count; i++) views.push(slots[i].subarray(0, lengths[i]))
      packets(views)
    })
  }

  send(bytes: Uint8Array): void {
    const result = this.#tun.writePacket(bytes)
    if (result !== 'ok') this.#refused.set(result, (this.#refused.get(result) ?? 0) + 1)
  }

  get losses(): readonly string[] {
    return [...this.#refused].map(([result, count]) => `${packets(count)} could not go out (${REFUSALS[result]})`)
  }

  close(): void {
    this.#tun.release()
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  full: 'the kernel had no room',
  down: 'the device was down',
  refused: 'the kernel refused them',
  gone: 'the device was gone',
  closed: 'the device was closed',
}

function told(spec: TunSpec, tun: Tun): string {
  const { name, networks } = spec
  const allowed = networks.map(cidr).join(', ')
  const guard = `Real networks that may be talked to: ${allowed}. Nothing else comes in or goes out.`
  if (!tun.created) return `${name}: the device ${tun.name} was there and is used as it is. ${guard}`
  const address = addressOf(spec)
  const has = address === undefined ? 'without an address' : `with ${address}`
  const routes = spec.tun.routes.map(cidr)
  const towards = routes.length === 0 ? '' : ` This machine sends packets for ${routes.join(', ')} into it.`
  return `${name}: the device ${tun.name} is up, ${has}.${towards} ${guard}`
}
