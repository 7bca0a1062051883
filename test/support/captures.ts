/** The captures of real peers and the table of what is in them (test/captures/README.md). */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../../test/captures/', import.meta.url)

export type Counts = Readonly<Record<string, number>>

export const captureFile = (name: string): string => fileURLToPath(new URL(`${name}.pcap`, folder))
export const readCapture = (name: string): Uint8Array => new Uint8Array(readFileSync(captureFile(name)))

const [head, ...rows] = readFileSync(new URL('table.tsv', folder), 'utf8')
  .trim()
  .split('\n')
  .map(row => row.split('\t'))

/** Name of each capture, without `.pcap`, and in how many of its frames each protocol occurs. */
export const CAPTURES: readonly { readonly name: string; readonly counts: Counts }[] = rows.map(([file, ...cells]) => ({
  name: file.replace(/\.pcap$/, ''),
  counts: Object.fromEntries(head.slice(1).map((column, i) => [column, Number(cells[i])])),
}))
