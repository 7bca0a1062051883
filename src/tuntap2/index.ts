/** TUN and TAP devices of Linux as streams: one chunk is one packet. See README.md. */
export { type Batch, Device, type WriteResult } from './device.ts'
export { TunError } from './errors.ts'
export { type FakeOptions, FakeTun } from './fake.ts'
export { Tap, Tun, type TunOptions } from './tun.ts'
export { type TuntapOptions, tuntap } from './tuntap.ts'
