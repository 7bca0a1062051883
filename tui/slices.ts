/** How long something may take until keys are heard again: milliseconds. */

export interface Slices {
  /** Until it is shown that it goes on. */
  readonly unseen: number
  /** What takes longer, and what nobody has asked for yet. */
  readonly work: number
  /** What is done beside a run that plays: at maximum speed a quarter of all. */
  readonly beside: number
}

export const SLICES: Slices = { unseen: 100, work: 40, beside: 22 }

const MOST = 15
/** Real machines wait for nobody. */
export const LIVE_SLICES: Slices = { unseen: MOST, work: MOST, beside: MOST }
