/**
 * TUN devices (IP packets) and TAP devices (Ethernet frames) of the kernel: see networking/tuntap in its documentation.
 * The descriptor never blocks; the event loop says when packets wait, and a batch is read at once.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { type Batch, Device, type WriteResult } from './device.ts'
import { attachError, errnoName, goneError, nameError, noMacError, openError, TunError } from './errors.ts'
import { Interface, interfaceExists } from './interface.ts'
import { check, type Libc, libc, type Watch } from './libc.ts'

const TUNSETIFF = 0x400454ca
const TUNGETIFF = 0x800454d2
const IFF_TUN = 0x0001
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const F_GETFL = 3
const F_SETFL = 4

const EIO = 5
const EAGAIN = 11
const ENOMEM = 12
const EINTR = 4
const EBADFD = 77
const ENOBUFS = 105

export interface TunOptions {
  /** At most 15 octets; `sim%d` lets the kernel count. Without it the kernel chooses tun0, tap0 and so on. */
  readonly name?: string
  /** A descriptor on which a device is attached already. It is ours from now on, the device's settings are not touched. */
  readonly fd?: number
}

abstract class KernelDevice extends Device {
  /** As the kernel gave it. */
  readonly name: string
  /** `false` if the device was there before, a persistent one or one that came as a descriptor. */
  readonly created: boolean
  /** To hand over to another program; reading or writing it past this object loses packets. */
  readonly fd: number
  readonly #libc: Libc
  readonly #watch: Watch
  readonly #interface: Interface
  readonly #routes = new Set<string>()

  constructor(isTun: boolean, { name = '', fd }: TunOptions) {
    const system = libc()
    const device = fd === undefined ? attach(system, isTun, name) : adopt(system, isTun, fd)
    super()
    this.name = device.name
    this.created = device.created
    this.fd = device.fd
    this.#libc = system
    this.#watch = system.watch(device.fd, () => this.arrived())
    this.#interface = new Interface(system, device.name)
  }

  get mtu(): number {
    return this.#open().mtu
  }

  set mtu(octets: number) {
    this.#open().mtu = octets
  }

  /** Packets for us that the kernel keeps while we are busy; what comes on top of them it drops. 500 at first. */
  get queueLength(): number {
    return this.#open().queueLength
  }

  set queueLength(packets: number) {
    this.#open().queueLength = packets
  }

  /** `10.0.0.1/24`; throws while the device is down. `undefined`: there is none, or take it away. */
  get ipv4(): string | undefined {
    return this.#open().ipv4
  }

  set ipv4(address: string | undefined) {
    this.#open().ipv4 = address
  }

  /** `fd00::1/64`; throws while the device is down. */
  get ipv6(): string | undefined {
    return this.#open().ipv6
  }

  set ipv6(address: string | undefined) {
    this.#open().ipv6 = address
  }

  get isUp(): boolean {
    return this.#open().isUp
  }

  set isUp(up: boolean) {
    this.#open().isUp = up
  }

  get mac(): string {
    return this.#open().mac
  }

  set mac(address: string) {
    if (this.isTun) throw noMacError()
    this.#open().mac = address
  }

  /** A route to `10.77.0.0/16` through this device, which must be up. It goes when the device is closed. */
  addRoute(network: string): void {
    this.#open().addRoute(network)
    this.#routes.add(network)
  }

  removeRoute(network: string): void {
    this.#open().removeRoute(network)
    this.#routes.delete(network)
  }

  writePacket(bytes: Uint8Array, start = 0, end = bytes.length): WriteResult {
    if (this.destroyed) return 'closed'
    if (end <= start) return 'refused'
    const packet = start === 0 ? bytes : bytes.subarray(start, end)
    const result = this.#libc.write(this.fd, packet, end - start)
    return result >= 0 ? 'ok' : outcome(-result)
  }

  protected fill({ slots, lengths }: Batch): number {
    let count = 0
    while (count < slots.length) {
      const result = this.#libc.read(this.fd, slots[count], slots[count].length)
      if (result > 0) lengths[count++] = result
      else if (result === -EAGAIN || result === -EINTR || count > 0) break
      else throw -result === EBADFD ? goneError(this.name) : readError(this.name, -result)
    }
    return count
  }

  protected listen(on: boolean): void {
    if (on) this.#watch.start()
    else this.#watch.stop()
  }

  protected close(): void {
    this.#watch.close()
    try {
      // With a device of our own the routes go by themselves.
      if (!this.created) for (const network of this.#routes) this.#interface.removeRoute(network)
    } catch {
      // Somebody was quicker, or the device has gone; either way the route has.
    } finally {
      closeSync(this.fd)
    }
  }

  #open(): Interface {
    if (this.destroyed) throw new TunError('EBADF', `The device ${this.name} is closed.`)
    return this.#interface
  }
}

export class Tun extends KernelDevice {
  readonly isTun = true

  constructor(options: TunOptions = {}) {
    super(true, options)
  }
}

export class Tap extends KernelDevice {
  readonly isTun = false

  constructor(options: TunOptions = {}) {
    super(false, options)
  }
}

interface Attached {
  readonly fd: number
  readonly name: string
  readonly created: boolean
}

function attach(system: Libc, isTun: boolean, name: string): Attached {
  if (Buffer.byteLength(name) > 15 || /[\s/:\0]/.test(name) || name === '.' || name === '..') throw nameError(name)
  const existed = name !== '' && interfaceExists(name)
  const fd = openDriver()
  try {
    const request = Buffer.alloc(40)
    request.write(name, 'utf8')
    request.writeUInt16LE((isTun ? IFF_TUN : IFF_TAP) | IFF_NO_PI, 16)
    check(system.ioctl(fd, TUNSETIFF, request), errno => attachError(errno, name))
    return { fd, name: nameIn(request), created: !existed }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openDriver(): number {
  try {
    return openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    throw openError(error instanceof Error && 'code' in error ? String(error.code) : 'ENODEV')
  }
}

/** A descriptor that somebody else has attached; the other end may have left it blocking. */
function adopt(system: Libc, isTun: boolean, fd: number): Attached {
  const noDevice = (errno: number): TunError =>
    new TunError('EBADF', `Descriptor ${fd} is not an open TUN or TAP device (${errnoName(errno)}).`)
  if (!Number.isInteger(fd) || fd < 0) throw noDevice(9)
  const request = Buffer.alloc(40)
  check(system.ioctl(fd, TUNGETIFF, request), noDevice)
  const flags = request.readUInt16LE(16)
  if ((flags & (isTun ? IFF_TUN : IFF_TAP)) === 0) {
    throw new TunError('EINVAL', `Descriptor ${fd} is a ${isTun ? 'TAP' : 'TUN'} device: open it as that.`)
  }
  if ((flags & IFF_NO_PI) === 0) {
    throw new TunError('EINVAL', `Descriptor ${fd} puts four octets before each packet: attach it with IFF_NO_PI.`)
  }
  check(system.fcntl(fd, F_SETFL, check(system.fcntl(fd, F_GETFL, 0), noDevice) | constants.O_NONBLOCK), noDevice)
  return { fd, name: nameIn(request), created: false }
}

const nameIn = (request: Buffer): string => request.toString('utf8', 0, request.indexOf(0))

function outcome(errno: number): WriteResult {
  if (errno === EIO) return 'down'
  if (errno === EBADFD) return 'gone'
  return [EAGAIN, EINTR, ENOMEM, ENOBUFS].includes(errno) ? 'full' : 'refused'
}

const readError = (name: string, errno: number): TunError =>
  new TunError(errnoName(errno), `Reading from ${name} failed: ${errnoName(errno)}.`)
