/**
 * A network interface by its name: what `ip link`, `ip address` and `ip route` set, by the ioctls of netdevice(7).
 *
 * struct ifreq, 40 octets: the name in 16, then a union of 24 at offset 16 (flags, MTU, index, or a sockaddr).
 * struct in6_ifreq, 24 octets: address 16, prefix length 4, interface index 4.
 * struct rtentry, 120 octets: destination at 8, mask at 40 (both sockaddr_in), flags at 56, pointer to the name at 88.
 */
import { closeSync, readFileSync } from 'node:fs'
import {
  formatIpv6,
  formatMac,
  mask,
  type Prefix,
  parseIpv4,
  parseIpv6,
  parseMac,
  parseNetwork,
  prefixLength,
} from './address.ts'
import { configureError, downError, TunError } from './errors.ts'
import { check, type Libc } from './libc.ts'

const SIOCADDRT = 0x890b
const SIOCDELRT = 0x890c
const SIOCGIFFLAGS = 0x8913
const SIOCSIFFLAGS = 0x8914
const SIOCGIFADDR = 0x8915
const SIOCSIFADDR = 0x8916
const SIOCGIFNETMASK = 0x891b
const SIOCSIFNETMASK = 0x891c
const SIOCGIFMTU = 0x8921
const SIOCSIFMTU = 0x8922
const SIOCSIFHWADDR = 0x8924
const SIOCGIFHWADDR = 0x8927
const SIOCGIFINDEX = 0x8933
const SIOCDIFADDR = 0x8936
const SIOCGIFTXQLEN = 0x8942
const SIOCSIFTXQLEN = 0x8943

const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const ARPHRD_ETHER = 1
const IFF_UP = 1
const RTF_UP = 1
const RTF_HOST = 4
const EADDRNOTAVAIL = 99

/** Is there an interface of that name? In the process's own network namespace, whatever is mounted at /sys. */
export function interfaceExists(name: string): boolean {
  return readFileSync('/proc/self/net/dev', 'latin1')
    .split('\n')
    .some(line => line.trimStart().startsWith(`${name}:`))
}

export function checkMtu(octets: number): void {
  if (!Number.isInteger(octets) || octets < 68 || octets > 65_535) {
    throw new TunError('EINVAL', `An MTU is a whole number from 68 to 65535, and not ${octets}.`)
  }
}

export class Interface {
  readonly name: string
  readonly #libc: Libc

  constructor(libc: Libc, name: string) {
    this.#libc = libc
    this.name = name
  }

  get isUp(): boolean {
    return (this.#get(SIOCGIFFLAGS, 'read the state').readUInt16LE(16) & IFF_UP) !== 0
  }

  set isUp(up: boolean) {
    const request = this.#get(SIOCGIFFLAGS, 'read the state')
    const flags = request.readUInt16LE(16)
    request.writeUInt16LE(up ? flags | IFF_UP : flags & ~IFF_UP, 16)
    this.#set(SIOCSIFFLAGS, request, 'change the state')
  }

  get mtu(): number {
    return this.#get(SIOCGIFMTU, 'read the MTU').readInt32LE(16)
  }

  set mtu(octets: number) {
    checkMtu(octets)
    const request = this.#request()
    request.writeInt32LE(octets, 16)
    this.#set(SIOCSIFMTU, request, `set the MTU to ${octets}`)
  }

  get queueLength(): number {
    return this.#get(SIOCGIFTXQLEN, 'read the queue length').readInt32LE(16)
  }

  set queueLength(packets: number) {
    if (!Number.isInteger(packets) || packets < 1 || packets > 1_000_000) {
      throw new TunError('EINVAL', `A queue has room for 1 to 1000000 packets, and not ${packets}.`)
    }
    const request = this.#request()
    request.writeInt32LE(packets, 16)
    this.#set(SIOCSIFTXQLEN, request, `set the queue length to ${packets}`)
  }

  get mac(): string {
    return formatMac(this.#get(SIOCGIFHWADDR, 'read the MAC address').subarray(18, 24))
  }

  set mac(text: string) {
    const request = this.#request()
    request.writeUInt16LE(ARPHRD_ETHER, 16)
    request.set(parseMac(text), 18)
    this.#set(SIOCSIFHWADDR, request, `set the MAC address to ${text}`)
  }

  get ipv4(): string | undefined {
    if (!this.isUp) throw downError(this.name)
    const request = this.#request()
    const result = this.#onSocket(AF_INET, fd => this.#libc.ioctl(fd, SIOCGIFADDR, request))
    if (result === -EADDRNOTAVAIL) return undefined
    check(result, errno => configureError(errno, this.name, 'read the address'))
    const netmask = this.#get(SIOCGIFNETMASK, 'read the netmask').subarray(20, 24)
    return `${request.subarray(20, 24).join('.')}/${prefixLength(netmask)}`
  }

  /** `undefined` takes the address away. */
  set ipv4(text: string | undefined) {
    const prefix = parseIpv4(text ?? '0.0.0.0/0')
    this.#set(SIOCSIFADDR, this.#address(prefix.octets), text === undefined ? 'remove the address' : `set ${text}`)
    if (text !== undefined) this.#set(SIOCSIFNETMASK, this.#address(mask(prefix.length)), `set ${text}`)
  }

  /** The first address that is not link-local, else the link-local one. */
  get ipv6(): string | undefined {
    if (!this.isUp) throw downError(this.name)
    const own = ipv6Addresses(this.name)
    return (own.find(({ linkLocal }) => !linkLocal) ?? own[0])?.text
  }

  /** Takes the place of the address that the getter shows; `undefined` takes that away. */
  set ipv6(text: string | undefined) {
    const wanted = text === undefined ? undefined : parseIpv6(text)
    for (const old of ipv6Addresses(this.name).filter(({ linkLocal }) => !linkLocal)) {
      this.#changeIpv6(SIOCDIFADDR, parseIpv6(old.text), `remove ${old.text}`)
    }
    if (wanted) this.#changeIpv6(SIOCSIFADDR, wanted, `set ${text}`)
  }

  addRoute(network: string): void {
    this.#route(SIOCADDRT, network, `add a route to ${network}`)
  }

  removeRoute(network: string): void {
    this.#route(SIOCDELRT, network, `remove the route to ${network}`)
  }

  #route(request: number, network: string, what: string): void {
    const { octets, length } = parseNetwork(network)
    const device = Buffer.from(`${this.name}\0`, 'latin1')
    const entry = Buffer.alloc(120)
    entry.set(socketAddress(octets), 8)
    entry.set(socketAddress(mask(length)), 40)
    entry.writeUInt16LE(RTF_UP | (length === 32 ? RTF_HOST : 0), 56)
    entry.writeBigUInt64LE(this.#libc.address(device), 88)
    const result = this.#onSocket(AF_INET, fd => this.#libc.ioctl(fd, request, entry))
    // The kernel reads the name at its address: `device` must live until here.
    check(result, errno => configureError(errno, device.toString('latin1', 0, device.length - 1), what))
  }

  #changeIpv6(request: number, { octets, length }: Prefix, what: string): void {
    const index = this.#get(SIOCGIFINDEX, 'find the device').readInt32LE(16)
    const argument = Buffer.alloc(24)
    argument.set(octets, 0)
    argument.writeUInt32LE(length, 16)
    argument.writeInt32LE(index, 20)
    const result = this.#onSocket(AF_INET6, fd => this.#libc.ioctl(fd, request, argument))
    check(result, errno => configureError(errno, this.name, what))
  }

  #request(): Buffer {
    const request = Buffer.alloc(40)
    request.write(this.name, 'latin1')
    return request
  }

  #address(octets: Uint8Array): Buffer {
    const request = this.#request()
    request.set(socketAddress(octets), 16)
    return request
  }

  #get(code: number, what: string): Buffer {
    const request = this.#request()
    this.#set(code, request, what)
    return request
  }

  #set(code: number, request: Buffer, what: string): void {
    const result = this.#onSocket(AF_INET, fd => this.#libc.ioctl(fd, code, request))
    check(result, errno => configureError(errno, this.name, what))
  }

  /** These ioctls are asked on any socket of the family. */
  #onSocket(family: number, ask: (fd: number) => number): number {
    const fd = check(this.#libc.socket(family, SOCK_DGRAM_CLOEXEC, 0), errno =>
      configureError(errno, this.name, 'open a socket to ask'),
    )
    try {
      return ask(fd)
    } finally {
      closeSync(fd)
    }
  }
}

function socketAddress(octets: Uint8Array): Uint8Array {
  return Uint8Array.of(AF_INET, 0, 0, 0, ...octets, 0, 0, 0, 0, 0, 0, 0, 0)
}

/** Lines of /proc/net/if_inet6: address, index, prefix length, scope, flags (all hexadecimal), name. */
function ipv6Addresses(name: string): { readonly text: string; readonly linkLocal: boolean }[] {
  let table: string
  try {
    table = readFileSync('/proc/self/net/if_inet6', 'latin1')
  } catch {
    // A kernel without IPv6.
    return []
  }
  return table
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[5] === name)
    .map(([hex, , length, scope]) => ({
      text: `${formatIpv6(hex)}/${parseInt(length, 16)}`,
      linkLocal: scope === '20',
    }))
}
