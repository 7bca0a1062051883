/** What a case is, and what it has to tell besides its verdict. */
import type { Site } from './site.ts'

/** Filled in as the case goes on, so that a failure shows how far it came. */
export interface Facts {
  peer: string
  negotiated: string
  toPeer: number | undefined
  fromPeer: number | undefined
}

export interface Case {
  readonly name: string
  /** One in each direction: what `--short` runs. */
  readonly short?: boolean
  play(site: Site, facts: Facts): Promise<void>
}
