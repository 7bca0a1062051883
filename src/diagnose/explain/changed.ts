/** Which fields of a packet a machine has changed: by name, with the octets before and after. */
import { hex } from '../../base/bytes.ts'
import type { Field } from '../../base/field.ts'
import { dissect } from '../../wire/dissect.ts'
import * as Pcap from '../../wire/pcap.ts'

export interface Change {
  /** The RFC's words: `ipv4 source`, `gre callId`. */
  readonly field: string
  /** From the first octet of the IP packet. */
  readonly offset: number
  readonly before: { readonly hex: string; readonly text: string }
  readonly after: { readonly hex: string; readonly text: string }
}

/** Both are whole IP packets. */
export function changesOf(before: Uint8Array, after: Uint8Array): Change[] {
  const old = leavesOf(dissect(before, Pcap.LINK_TYPE.raw))
  const known = new Map(old.map(leaf => [`${leaf.name} ${leaf.offset}`, leaf.text]))
  const changes: Change[] = []
  let last = -1
  for (const { name, offset, length, text } of leavesOf(dissect(after, Pcap.LINK_TYPE.raw))) {
    const end = offset + length
    // Flags share their octets, and what was decrypted or put together stands in no octets of its own.
    if (offset <= last || end > before.length || end > after.length) continue
    if (!differ(before, after, offset, end)) continue
    last = offset
    changes.push({
      field: name,
      offset,
      before: { hex: hex(before.subarray(offset, end)), text: known.get(`${name} ${offset}`) ?? '' },
      after: { hex: hex(after.subarray(offset, end)), text },
    })
  }
  return changes
}

function differ(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return true
  return false
}

interface Leaf {
  readonly name: string
  readonly offset: number
  readonly length: number
  readonly text: string
}

/** Fields without parts, each with the name of the layer that it is in. */
function leavesOf(frame: Field): Leaf[] {
  const leaves: Leaf[] = []
  const walk = ({ name, offset, length, text, children }: Field, layer: string): void => {
    if (children && children.length > 0) for (const child of children) walk(child, name)
    else leaves.push({ name: `${layer} ${name}`, offset, length, text })
  }
  for (const child of frame.children ?? []) walk(child, child.name)
  return leaves
}
