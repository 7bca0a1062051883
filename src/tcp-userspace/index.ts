/** TCP (RFC 9293) as a pure library: segments in, segments out, clock and random source given. See README.md. */
export { checksum, sum } from './checksum.ts'
export * as Segment from './segment.ts'
export * as Seq from './seq.ts'
export { TcpStack } from './stack.ts'
export type * from './types.ts'
export { DISCARDS, STATES } from './types.ts'
