/** What a case is, and what it has to tell besides its verdict. */
import type * as Outside from '../support/outside/suite.ts'
import type { Site } from './site.ts'

/** Filled in as the case goes on, so that a failure shows how far it came. */
export interface Facts {
  peer: string
  negotiated: string
  /** Octets of PPP as the real peer has counted them. */
  toPeer: number | undefined
  fromPeer: number | undefined
}

/** One in each direction is what `--short` runs. */
export type Case = Outside.Case<Site, Facts>
