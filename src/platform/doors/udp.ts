/**
 * A door over UDP: each datagram holds one frame (an IP packet on a link of type ip). No privilege is needed; QEMU
 * (`-netdev dgram`), GNS3 (UDP tunnels) and another pptp-lab speak it. Only datagrams of the peer are taken.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { formatIpv4, type NodeSpec } from '../../index.ts'
import { UsageError } from '../usage.ts'
import { type Door, type DoorEvents, packets } from './door.ts'

type UdpSpec = Extract<NodeSpec, { kind: 'udp' }>

/** Room for a burst of packets while the simulation works: octets. */
const BUFFER = 4 << 20

const place = ({ address, port }: UdpSpec['udp']['listen']): string => `${formatIpv4(address)}:${port}`

/** What opening it changes on this machine. */
export const planUdp = ({ name, udp }: UdpSpec): string[] => [
  `# ${name}: one frame a datagram, no privilege needed`,
  `# receive UDP at ${place(udp.listen)}, from ${place(udp.peer)} only`,
  `# send UDP to ${place(udp.peer)}`,
]

export async function openUdp(spec: UdpSpec): Promise<Door> {
  const socket = createSocket({ type: 'udp4' })
  const { listen } = spec.udp
  try {
    socket.bind({ address: formatIpv4(listen.address), port: listen.port, exclusive: true })
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw new UsageError(`${spec.name}: ${reasonOf(error as NodeJS.ErrnoException, place(listen))}`)
  }
  try {
    socket.setRecvBufferSize(BUFFER)
    socket.setSendBufferSize(BUFFER)
  } catch {
    // The system allows less: bursts then lose more.
  }
  return new UdpDoor(spec, socket)
}

function reasonOf({ code, message }: NodeJS.ErrnoException, where: string): string {
  if (code === 'EADDRINUSE') return `${where} is in use by another program. Is a second bridge running?`
  if (code === 'EADDRNOTAVAIL') return `${where} cannot be listened at: this machine does not have that address.`
  if (code === 'EACCES') return `${where} cannot be listened at: ports below 1024 need root.`
  return `${where} cannot be listened at: ${message}.`
}

class UdpDoor implements Door {
  readonly node: string
  readonly told: string
  readonly #socket: Socket
  readonly #peer: string
  readonly #port: number
  #strangers = 0
  #refused = 0

  constructor({ name, udp }: UdpSpec, socket: Socket) {
    this.node = name
    this.told = `${name}: UDP at ${place(udp.listen)}, the peer is ${place(udp.peer)}, one frame a datagram.`
    this.#socket = socket
    this.#peer = formatIpv4(udp.peer.address)
    this.#port = udp.peer.port
  }

  start({ packets, broken }: DoorEvents): void {
    this.#socket.on('message', (frame, { address, port }) => {
      if (address === this.#peer && port === this.#port) packets([frame])
      else this.#strangers++
    })
    this.#socket.on('error', error => broken(`${this.node}: the UDP socket has failed: ${error.message}.`))
  }

  /** The system takes the datagram later, so it gets a copy. */
  send(bytes: Uint8Array): void {
    this.#socket.send(Uint8Array.from(bytes), this.#port, this.#peer, error => {
      if (error) this.#refused++
    })
  }

  get losses(): readonly string[] {
    const losses: string[] = []
    if (this.#strangers > 0) losses.push(`${packets(this.#strangers)} came from elsewhere than the peer`)
    if (this.#refused > 0) losses.push(`${packets(this.#refused)} could not be sent`)
    return losses
  }

  close(): void {
    this.#socket.close()
  }
}
