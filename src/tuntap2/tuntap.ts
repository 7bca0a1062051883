/** A device and its settings in one call. */
import { TunError } from './errors.ts'
import { Tap, Tun } from './tun.ts'

export interface TuntapOptions {
  readonly type: 'tun' | 'tap'
  readonly mtu?: number
  /** `10.0.0.1`, with `mask` its netmask. */
  readonly addr?: string
  /** `255.255.255.0`, or the length of the prefix. */
  readonly mask?: string | number
  readonly up?: boolean
}

export function tuntap(options: TuntapOptions): Tun | Tap {
  if ('name' in options) throw new TunError('EINVAL', 'tuntap() takes no name. For one of your own: new Tun({ name })')
  const { type, mtu, addr, mask, up } = options
  if (type !== 'tun' && type !== 'tap') throw new TunError('EINVAL', `type is 'tun' or 'tap', and not ${String(type)}.`)
  if ((addr === undefined) !== (mask === undefined)) throw new TunError('EINVAL', 'addr and mask belong together.')
  const prefix = addr === undefined ? undefined : `${addr}/${lengthOf(mask ?? 32)}`
  const device = type === 'tun' ? new Tun() : new Tap()
  try {
    if (mtu !== undefined) device.mtu = mtu
    if (prefix !== undefined) device.ipv4 = prefix
    if (up !== undefined) device.isUp = up
  } catch (error) {
    device.destroy()
    throw error
  }
  return device
}

function lengthOf(mask: string | number): number {
  if (typeof mask === 'number') return mask
  const bits = mask
    .split('.')
    .map(octet => Number(octet).toString(2).padStart(8, '0'))
    .join('')
  if (!/^1*0*$/.test(bits) || bits.length !== 32) throw new TunError('EINVAL', `${mask} is no netmask.`)
  return bits.replaceAll('0', '').length
}
