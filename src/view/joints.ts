/**
 * Lines made of characters: joints come about by OR-ing the directions in which each cell is left (up 1, right 2, down 4,
 * left 8).
 */
export const UP = 1
export const RIGHT = 2
export const DOWN = 4
export const LEFT = 8
const UPRIGHT = UP | DOWN
const LEVEL = LEFT | RIGHT

/** The sixteen characters of each kind, by direction bits; the two in the middle are double one way only. */
const SINGLE = ' │─└││┌├─┘─┴┐┤┬┼'
const DOUBLE = ' ║═╚║║╔╠═╝═╩╗╣╦╬'
const LEVEL_DOUBLE = ' │═╘││╒╞═╛═╧╕╡╤╪'
const UPRIGHT_DOUBLE = ' ║─╙║║╓╟─╜─╨╖╢╥╫'

/** The character for a cell whose lines leave in the directions `bits`, doubled in the directions `doubled`. */
export function lineChar(bits: number, doubled: number): string {
  const level = (bits & doubled & LEVEL) !== 0
  const upright = (bits & doubled & UPRIGHT) !== 0
  const table = level ? (upright ? DOUBLE : LEVEL_DOUBLE) : upright ? UPRIGHT_DOUBLE : SINGLE
  return table[bits]
}
