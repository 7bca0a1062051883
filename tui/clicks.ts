/** Which clicks are the second of two at one place. */
import type { MouseEvent } from './mouse.ts'
import type { Wall } from './player.ts'

/** Within so many milliseconds two clicks at one place are a double click. */
const DOUBLE = 400

export class Clicks {
  readonly #wall: Wall
  /** The last click, and when it was. */
  #last = { column: -1, row: -1, at: Number.NEGATIVE_INFINITY }

  constructor(wall: Wall) {
    this.#wall = wall
  }

  /** Is it the second of two clicks? The list may have moved below the first one. */
  again({ action, column, row }: MouseEvent): boolean {
    const now = this.#wall.now()
    const { column: x, row: y, at } = this.#last
    const again = x === column && y === row && now - at < DOUBLE
    if (action === 'click') this.#last = { column, row, at: again ? Number.NEGATIVE_INFINITY : now }
    return action === 'click' && again
  }
}
