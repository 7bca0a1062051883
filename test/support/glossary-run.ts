/** The frames of a shipped lab, as far as one run of it is worth looking at. */
import { load, Run, renderIssues } from '../../src/index.ts'
import { LINK_TYPE } from '../../src/wire/pcap.ts'
import { rootPath } from './root.ts'
import { shippedText } from './shipped.ts'

/** Of each size on each link so many are enough: a long transfer is the same packet again and again. */
const ALIKE = 3

/** Shows `look` the frames of the first 60 s; how many those were. */
export function framesOf(name: string, look: (bytes: Uint8Array, linkType: number) => void): number {
  const loaded = load(shippedText(name), rootPath(`topologies/${name}.yaml`))
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  const run = new Run(loaded.lab)
  const types = { ethernet: LINK_TYPE.ethernet, ip: LINK_TYPE.raw, serial: LINK_TYPE.lineOctets }
  const seen = new Map<string, number>()
  let frames = 0
  loaded.lab.links.forEach(({ type }, index) => {
    run.tap(index, ({ bytes }) => {
      const key = `${index} ${bytes.length}`
      const alike = seen.get(key) ?? 0
      seen.set(key, alike + 1)
      if (alike >= ALIKE) return
      frames++
      look(bytes.slice(), types[type])
    })
  })
  run.advanceTo(60e9)
  return frames
}
