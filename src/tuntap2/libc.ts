/**
 * The system calls that Node has no function for, through koffi: the one importer of it, and only when the first device
 * is opened. Error numbers come back as negative results, as from the kernel itself.
 *
 * Limits: ioctl and fcntl take their last argument like any other, which is so in the calling conventions of Linux
 * on x64 and arm64; the structures in interface.ts are those of little-endian 64-bit systems.
 */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { koffiError, platformError, type TunError } from './errors.ts'

export interface Watch {
  start(): void
  stop(): void
  close(): void
}

export interface Libc {
  /** At most `length` octets into `into`: how many, or a negative error number. */
  read(fd: number, into: Uint8Array, length: number): number
  write(fd: number, from: Uint8Array, length: number): number
  ioctl(fd: number, request: number, argument: Uint8Array): number
  socket(domain: number, type: number, protocol: number): number
  fcntl(fd: number, command: number, argument: number): number
  /** Where these octets lie; valid as long as someone holds them. */
  address(bytes: Uint8Array): bigint
  /** Calls `wake` from the event loop while `fd` is readable or has failed; not started yet. */
  watch(fd: number, wake: () => void): Watch
}

let loaded: Libc | undefined

export function libc(): Libc {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw platformError(process.platform, process.arch)
  }
  loaded ??= load()
  return loaded
}

function load(): Libc {
  const koffi = loadKoffi()
  try {
    // Node's own process has its C library loaded already, be it glibc or musl.
    const library = koffi.load(null)
    const read: (fd: number, into: Uint8Array, length: number) => number = library.func(
      'intptr_t read(int, void *, size_t)',
    )
    const write: (fd: number, from: Uint8Array, length: number) => number = library.func(
      'intptr_t write(int, const void *, size_t)',
    )
    const ioctl: (fd: number, request: number, argument: Uint8Array) => number = library.func(
      'int ioctl(int, unsigned long, void *)',
    )
    const socket: (domain: number, type: number, protocol: number) => number = library.func('int socket(int, int, int)')
    const fcntl: (fd: number, command: number, argument: number) => number = library.func('int fcntl(int, int, int)')
    const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result)
    return {
      read: (fd, into, length) => orErrno(read(fd, into, length)),
      write: (fd, from, length) => orErrno(write(fd, from, length)),
      ioctl: (fd, request, argument) => orErrno(ioctl(fd, request, argument)),
      socket: (domain, type, protocol) => orErrno(socket(domain, type, protocol)),
      fcntl: (fd, command, argument) => orErrno(fcntl(fd, command, argument)),
      address: bytes => koffi.address(bytes),
      watch: (fd, wake) => watch(koffi, fd, wake),
    }
  } catch (error) {
    throw koffiError(reason(error))
  }
}

function loadKoffi(): typeof Koffi {
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi')
    if (koffi.node?.poll === undefined) throw new Error(`version ${koffi.version} has no poll; 3.3.4 has`)
    return koffi
  } catch (error) {
    throw koffiError(reason(error))
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error))

/**
 * koffi's poll is libuv's own, so the event loop itself sees the packet and no thread stands between. Its callback is not
 * one of Node's: what it throws would be lost, and promises and nextTick would wait for some later event. The immediate,
 * which Node runs right after, cures both.
 */
function watch(koffi: typeof Koffi, fd: number, wake: () => void): Watch {
  const readable = { readable: true }
  const settle = (): void => {}
  const onPoll = (): void => {
    try {
      wake()
      setImmediate(settle)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
  const handle = koffi.node.poll(fd, readable, onPoll)
  handle.stop()
  return {
    start: () => handle.start(readable, onPoll),
    stop: () => handle.stop(),
    close: () => handle.close(),
  }
}

/** A result that must not be an error. */
export function check(result: number, fail: (errno: number) => TunError): number {
  if (result < 0) throw fail(-result)
  return result
}
