/**
 * The colours of the roles as people see them: differences in CIE Lab (CIE 15, D65) between what is seen of two of them, with
 * the three kinds of colour blindness simulated by the matrices of Machado, Oliveira and Fernandes (2009, severity 1),
 * and contrasts as WCAG 2 defines them.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Role } from '../../tui/text.ts'
import { type Colour, type ColourTable, ROLES } from '../../tui/theme.ts'

type Triple = readonly [number, number, number]
type Matrix = readonly [Triple, Triple, Triple]

const SEVEN: readonly Role[] = ['ok', 'warn', 'bad', 'control', 'ppp', 'sealed', 'plain']

const SIGHT: Readonly<Record<string, Matrix>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

/** The first 16 colours: of xterm, and of the Linux console (VGA). */
const PALETTES: Readonly<Record<string, readonly string[]>> = {
  xterm: [
    ...['000000', 'cd0000', '00cd00', 'cdcd00', '0000ee', 'cd00cd', '00cdcd', 'e5e5e5'],
    ...['7f7f7f', 'ff0000', '00ff00', 'ffff00', '5c5cff', 'ff00ff', '00ffff', 'ffffff'],
  ],
  console: [
    ...['000000', 'aa0000', '00aa00', 'aa5500', '0000aa', 'aa00aa', '00aaaa', 'aaaaaa'],
    ...['555555', 'ff5555', '55ff55', 'ffff55', '5555ff', 'ff55ff', '55ffff', 'ffffff'],
  ],
}

/** The colours from 16 on are the same everywhere: a cube of six steps, then 24 greys. */
function rgbOf(number: number, palette: readonly string[]): Triple {
  if (number < 16) {
    const value = Number.parseInt(palette[number], 16)
    return [value >> 16, (value >> 8) & 255, value & 255]
  }
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10
    return [grey, grey, grey]
  }
  const step = (n: number): number => (n === 0 ? 0 : 55 + 40 * n)
  const at = number - 16
  return [step(Math.floor(at / 36)), step(Math.floor(at / 6) % 6), step(at % 6)]
}

const linear = (channel: number): number => {
  const value = channel / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}
const apply = (matrix: Matrix, [a, b, c]: Triple): Triple => {
  const [x, y, z] = matrix.map(([p, q, r]) => p * a + q * b + r * c)
  return [x, y, z]
}
const seen = (rgb: Triple, sight: Matrix): Triple => {
  const [r, g, b] = apply(sight, [linear(rgb[0]), linear(rgb[1]), linear(rgb[2])])
  const clamp = (value: number): number => Math.min(1, Math.max(0, value))
  return [clamp(r), clamp(g), clamp(b)]
}

/** sRGB to XYZ (IEC 61966-2-1), divided by the white of D65. */
const TO_XYZ: Matrix = [
  [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339 / 1.08883, 0.119192 / 1.08883, 0.9503041 / 1.08883],
]
function labOf(light: Triple): Triple {
  const root = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
  const [x, y, z] = apply(TO_XYZ, light).map(root)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}
const distance = (a: Triple, b: Triple): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

const luminance = (rgb: Triple): number => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
function contrast(a: Triple, b: Triple): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

interface Pair {
  readonly roles: readonly [Role, Role]
  readonly apart: number
  /** One is bold or dim, and the other is not. */
  readonly styled: boolean
  readonly sight: string
}

function pairsOf(table: ColourTable, palette: readonly string[]): Pair[] {
  const colour = (role: Role): Colour => ROLES[role][table]
  return Object.entries(SIGHT).flatMap(([sight, matrix]) =>
    SEVEN.flatMap((a, i) =>
      SEVEN.slice(i + 1).map((b): Pair => {
        const [one, other] = [a, b].map(role => labOf(seen(rgbOf(colour(role).number, palette), matrix)))
        return { roles: [a, b], apart: distance(one, other), styled: colour(a).style !== colour(b).style, sight }
      }),
    ),
  )
}

const nearest = (pairs: readonly Pair[]): number => Math.min(...pairs.map(({ apart }) => apart))
const okBad = (pairs: readonly Pair[]): number =>
  nearest(pairs.filter(({ roles: [a, b] }) => a === 'ok' && b === 'bad'))
const leastContrast = (table: ColourTable, background: Triple, palette: readonly string[]): number =>
  Math.min(...SEVEN.map(role => contrast(rgbOf(ROLES[role][table].number, palette), background)))

const DARK: Triple = [18, 18, 18]
const WHITE: Triple = [255, 255, 255]

describe('the measure itself', () => {
  test('black and white are 100 apart, and 21 in contrast', () => {
    const [black, white] = [labOf([0, 0, 0]), labOf([1, 1, 1])]
    assert.ok(Math.abs(distance(black, white) - 100) < 0.01)
    assert.equal(contrast([0, 0, 0], WHITE), 21)
  })

  test('who has deuteranopia sees red and green of a traffic light less apart than others do', () => {
    const apart = (sight: string): number =>
      distance(labOf(seen([205, 0, 0], SIGHT[sight])), labOf(seen([0, 155, 0], SIGHT[sight])))
    assert.ok(apart('deuteranopia') < apart('usual') / 2)
  })
})

describe('the roles can be told apart, whatever somebody sees', () => {
  test('dark, 256 colours', () => {
    const pairs = pairsOf('dark256', PALETTES.xterm)
    assert.ok(nearest(pairs) >= 15, `${nearest(pairs)}`)
    assert.ok(okBad(pairs) >= 48, `${okBad(pairs)}`)
    assert.ok(leastContrast('dark256', DARK, PALETTES.xterm) >= 5.4)
  })

  test('light, 256 colours', () => {
    const pairs = pairsOf('light256', PALETTES.xterm)
    assert.ok(nearest(pairs) >= 17, `${nearest(pairs)}`)
    assert.ok(okBad(pairs) >= 34, `${okBad(pairs)}`)
    assert.ok(leastContrast('light256', WHITE, PALETTES.xterm) >= 4.5)
  })

  for (const [name, palette] of Object.entries(PALETTES)) {
    for (const [table, background, least] of [
      ['dark16', DARK, 3.5],
      ['light16', WHITE, 4],
    ] as const) {
      test(`${table} of ${name}: by their colour, or because one is bold or dim`, () => {
        const pairs = pairsOf(table, palette)
        for (const { roles, apart, styled, sight } of pairs) {
          assert.ok(apart >= 15 || styled, `${roles.join(' and ')}: ${apart.toFixed(1)} with ${sight}`)
        }
        assert.ok(okBad(pairs) >= 48, `${okBad(pairs)}`)
        assert.ok(leastContrast(table, background, palette) >= least)
      })
    }
  }
})
