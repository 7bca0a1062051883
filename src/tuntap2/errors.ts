/** What can go wrong with a device, each with what to do about it. */

/** Names of the error numbers of Linux that the calls of this package meet (asm-generic/errno*.h). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  25: 'ENOTTY',
  77: 'EBADFD',
  99: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  101: 'ENETUNREACH',
  105: 'ENOBUFS',
}

export const errnoName = (errno: number): string => NAMES[errno] ?? `E${errno}`

/** `code` is the system's name of the error, or `NO_KOFFI` or `PLATFORM`; the message says what to do. */
export class TunError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'TunError'
    this.code = code
  }
}

export const platformError = (platform: string, arch: string): TunError =>
  new TunError(
    'PLATFORM',
    `TUN and TAP devices are opened here on Linux on x64 or arm64 only, and this is ${platform} on ${arch}. ` +
      'Use a Linux machine, a virtual one will do; FakeTun works everywhere.',
  )

export const koffiError = (reason: string): TunError =>
  new TunError(
    'NO_KOFFI',
    `The package koffi, which makes the system calls, could not be loaded (${reason}). Install it: npm install koffi`,
  )

export const nameError = (name: string): TunError =>
  new TunError(
    'EINVAL',
    `${JSON.stringify(name)} cannot be the name of a device: Linux allows 1 to 15 octets, without blanks, slashes and colons.`,
  )

const PERMISSION =
  'Run the program with sudo; or let root make a device for you once (ip tuntap add dev sim0 mode tun user NAME) and ' +
  'open it by that name; or let root open it and hand over the descriptor.'

/** When /dev/net/tun itself does not open. */
export function openError(code: string): TunError {
  if (code === 'EACCES' || code === 'EPERM') {
    return new TunError('EPERM', `You may not open /dev/net/tun. ${PERMISSION}`)
  }
  return new TunError(
    code,
    'There is no /dev/net/tun that works. Load the driver: modprobe tun; ' +
      'in a container, start it with --device /dev/net/tun --cap-add NET_ADMIN.',
  )
}

/** When the kernel does not give the device of that name. */
export function attachError(errno: number, name: string): TunError {
  const code = errnoName(errno)
  const wanted = name === '' ? 'a device' : `the device ${name}`
  if (code === 'EPERM') return new TunError(code, `You may not open ${wanted}. ${PERMISSION}`)
  if (code === 'EBUSY') {
    return new TunError(code, `Another program holds ${wanted}. End that program, or take another name.`)
  }
  if (code === 'EINVAL') {
    return new TunError(
      code,
      `There is an interface ${name} already, and it is of another kind: no TUN or TAP device, the other of the two, ` +
        'or one with several queues. Take another name.',
    )
  }
  return new TunError(code, `The kernel did not give ${wanted} (${code}).`)
}

/** A setting that the kernel refused. */
export function configureError(errno: number, name: string, what: string): TunError {
  const code = errnoName(errno)
  if (code === 'EPERM' || code === 'EACCES') {
    return new TunError(
      'EPERM',
      `You may not ${what} on ${name}. Run the program with sudo, or let root set the device up beforehand.`,
    )
  }
  if (code === 'ENODEV') return goneError(name)
  return new TunError(code, `Could not ${what} on ${name}: the kernel says ${code}.`)
}

export const goneError = (name: string): TunError =>
  new TunError('ENODEV', `The device ${name} has gone: somebody deleted it while it was open. Make a new one.`)

export const downError = (name: string): TunError =>
  new TunError('ENETDOWN', `The device ${name} is down. Set isUp = true, or: ip link set ${name} up`)

export const noMacError = (): TunError =>
  new TunError('EINVAL', 'A TUN device has no MAC address that could be set. Open a Tap.')

export const closedError = (): TunError => new TunError('EBADF', 'This device is closed.')
