/** A packet as people read it: a tree of named fields, each with its place in the bytes. */
export interface Field {
  /** The RFC's word in camelCase: `peerCallId`. */
  readonly name: string
  /** Offset from the first octet of the whole frame, and length, both in octets. */
  readonly offset: number
  readonly length: number
  readonly value?: number | string | boolean
  /** What a reader wants to see: `192.0.2.1`, `Configure-Request`, `0x00fd (MPPE)`. */
  readonly text: string
  /** What is wrong with it, if something is. */
  readonly problem?: string
  readonly children?: readonly Field[]
}

export const field = (
  name: string,
  offset: number,
  length: number,
  value: number | string | boolean,
  text: string = String(value),
): Field => ({ name, offset, length, value, text })

/** A header or message with its fields inside. */
export const layer = (
  name: string,
  offset: number,
  length: number,
  text: string,
  children: readonly Field[],
): Field => ({
  name,
  offset,
  length,
  text,
  children,
})
