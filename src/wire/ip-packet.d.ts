/** The part of ip-packet 2.2.1 that src/wire/ipv4-edge.ts uses; the package brings no types. */
declare module 'ip-packet' {
  export interface State {
    readonly buffer: Uint8Array
    start: number
    end: number
  }
  export interface IpPacket {
    readonly version: number
    readonly ihl?: number
    readonly dscp?: number
    readonly ecn?: number
    readonly identification?: number
    /** Three raw bits: 2 is DF, 1 is MF. */
    readonly flags?: number
    /** In units of eight octets. */
    readonly fragmentOffset?: number
    readonly ttl?: number
    readonly protocol?: number
    readonly checksum?: number
    readonly sourceIp: string
    readonly destinationIp: string
    readonly data: { readonly byteLength: number; copy(into: Uint8Array, at: number): void }
  }
  export interface DecodedPacket extends Required<Omit<IpPacket, 'data'>> {
    readonly length: number
    readonly data: Uint8Array
  }
  export function encode(state: State, packet: IpPacket): void
  export function decode(state: State): DecodedPacket
  /** Writes the checksum into octets 10 and 11 and returns it. */
  export function checksum(packet: Uint8Array): number
}
