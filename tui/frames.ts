/**
 * When a frame is drawn, at most every 50 ms, and when the time between two of them is used. Whoever draws says after each what
 * comes next; nothing, and no timer, until somebody wakes it.
 */
import type { Wall } from './player.ts'

/** Milliseconds between two frames, at least. */
export const FRAME = 50

/** What comes next, and in how many milliseconds. Undefined: nothing until a key comes. */
export type Next = { readonly what: 'frame' | 'idle'; readonly in: number } | undefined

export interface Stage {
  /** Goes on with the run, or with what is under way, and draws. */
  frame(): Next
  /** Does a piece of what nobody has asked for yet. */
  idle(): Next
}

export class Frames {
  readonly #wall: Wall
  readonly #stage: Stage
  #timer: (() => void) | undefined
  #drawn = Number.NEGATIVE_INFINITY
  #over = false

  constructor(wall: Wall, stage: Stage) {
    this.#wall = wall
    this.#stage = stage
  }

  /** Milliseconds until a frame may be drawn. */
  get wait(): number {
    return this.#drawn + FRAME - this.#wall.now()
  }

  /** One is drawn now. */
  drawn(): void {
    this.#drawn = this.#wall.now()
  }

  /** Something is to be shown: now, or when the time of the next frame has come. */
  wake(): void {
    if (this.#over) return
    this.#timer?.()
    this.#timer = undefined
    const { wait } = this
    if (wait <= 0) this.#do('frame')
    else this.#follow({ what: 'frame', in: wait })
  }

  end(): void {
    this.#over = true
    this.#timer?.()
  }

  #do(what: 'frame' | 'idle'): void {
    this.#timer = undefined
    this.#follow(this.#stage[what]())
  }

  #follow(next: Next): void {
    if (!next || this.#over) return
    if (next.in <= 0) return this.#do(next.what)
    this.#timer = this.#wall.schedule(next.in, () => this.#do(next.what))
  }
}
