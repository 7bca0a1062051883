/** The ledger as a table: tunnels side by side, a layer a line. */
import type { CallLedger, FrameTotals } from '../lab/ledger.ts'
import type { Layer } from '../lab/weigh.ts'

/** What a tunnel puts around a packet of the user. */
const WRAPPING: readonly Layer[] = ['ip', 'gre', 'ppp', 'mppe']

const LAYER_NAMES: readonly (readonly [Layer, string])[] = [
  ['ethernet', 'Ethernet'],
  ['ip', 'IP'],
  ['gre', 'GRE'],
  ['ppp', 'PPP'],
  ['mppe', 'MPPE'],
  ['inner-ip', "user's IP"],
  ['inner-transport', "user's TCP, UDP, ICMP"],
  ['payload', 'payload'],
  ['rest', 'not seen'],
]

/** Three figures of a call in one line; '' stands for none. */
type Cells = readonly [string, string, string]
interface Row {
  readonly name: string
  readonly cells: readonly Cells[]
}

const NO_CALL =
  'No call of PPTP has been connected, so there is nothing to weigh. What a telephone line carries is not weighed.'
const NAME = 24
const CELLS = [11, 9, 9] as const
const CALL = CELLS.reduce((sum, width) => sum + width, 0)
const NOTHING: Cells = ['', '', '']

/** As many tunnels stand side by side as the columns of the screen allow. */
export function ledgerTable(calls: readonly CallLedger[], width: number): string[] {
  if (calls.length === 0) return [NO_CALL]
  const abreast = Math.max(1, Math.floor((width - NAME) / CALL))
  const lines: string[] = []
  for (let at = 0; at < calls.length; at += abreast) {
    if (at > 0) lines.push('')
    lines.push(...block(calls.slice(at, at + abreast)))
  }
  return lines
}

function block(calls: readonly CallLedger[]): string[] {
  const head = (words: (call: CallLedger) => string): string =>
    `${' '.repeat(NAME)}${calls.map(call => `  ${words(call)}`.slice(0, CALL).padEnd(CALL)).join('')}`
  return [
    head(endsOf),
    head(kindOf),
    `${' '.repeat(NAME)}${calls.map(() => set(['octets', 'each', 'share'])).join('')}`,
    ...rows(calls).map(({ name, cells }) => name.padEnd(NAME) + cells.map(set).join('')),
  ].map(line => line.trimEnd())
}

/** `alice to office`; what an access server carries is `bob: nas to company`. */
function endsOf({ pns, pac, asked, user }: CallLedger): string {
  const ends = asked === 'pns' ? `${pns} to ${pac}` : `${pac} to ${pns}`
  return user === undefined ? ends : `${user}: ${ends}`
}

const set = (cells: Cells): string => cells.map((cell, i) => cell.padStart(CELLS[i])).join('')

/** `MPPE-128 stateless, short PPP headers` */
function kindOf({ encryption, kinds }: CallLedger): string {
  const cipher = encryption === undefined ? 'never opened' : encryption === 'none' ? 'clear text' : spelled(encryption)
  const { frames, layers } = kinds.data
  if (frames === 0) return cipher
  return `${cipher}, ${layers.ppp <= 2 * frames ? 'short' : 'full'} headers`
}

const spelled = (encryption: string): string => encryption.replace(/^mppe-(\d+)-(\w+)$/, 'MPPE-$1')

function rows(calls: readonly CallLedger[]): Row[] {
  const row = (name: string, cells: (call: CallLedger) => Cells): Row => ({ name, cells: calls.map(cells) })
  const layers = LAYER_NAMES.filter(([layer]) => calls.some(({ kinds }) => kinds.data.layers[layer] > 0))
  const control = (name: string, kind: 'acknowledgment' | 'ppp-control' | 'pptp-control'): Row =>
    row(name, call => figures(call.kinds[kind].octets, call.kinds[kind].frames, octetsOf(call)))
  const computed = (name: string, key: keyof NonNullable<CallLedger['computed']>): Row =>
    row(name, ({ computed, kinds }) =>
      computed ? [whole(computed[key]), each(computed[key], kinds.data.frames), ''] : NOTHING,
    )
  return [
    row('data packets', ({ kinds }) => [whole(kinds.data.frames), '', '']),
    ...layers.map(([layer, name]) =>
      row(`  ${name}`, ({ kinds }) => figures(kinds.data.layers[layer], kinds.data.frames, kinds.data.octets)),
    ),
    row('  together', ({ kinds }) => figures(kinds.data.octets, kinds.data.frames, kinds.data.octets)),
    row('  of it the tunnel', ({ kinds: { data } }) => figures(wrapping(data), data.frames, data.octets)),
    control('GRE acknowledgments', 'acknowledgment'),
    control('PPP control', 'ppp-control'),
    control('PPTP control', 'pptp-control'),
    row('all frames', call => figures(octetsOf(call), framesOf(call), octetsOf(call))),
    row('overhead', call => {
      const all = octetsOf(call)
      const over = all - call.kinds.data.layers.payload
      return [whole(over), '', share(over, all)]
    }),
    ...(calls.some(({ transfers }) => transfers.took > 0) ? [row('goodput', goodput)] : []),
    ...(calls.some(({ computed }) => (computed?.rc4Octets ?? 0) > 0)
      ? [
          computed('key changes', 'keyChanges'),
          computed('SHA-1 blocks', 'sha1Blocks'),
          computed('RC4 keys set', 'rc4Keys'),
          computed('RC4 octets', 'rc4Octets'),
        ]
      : []),
  ]
}

const wrapping = ({ layers }: FrameTotals): number => WRAPPING.reduce((sum, layer) => sum + layers[layer], 0)
const octetsOf = ({ kinds }: CallLedger): number => Object.values(kinds).reduce((sum, { octets }) => sum + octets, 0)
const framesOf = ({ kinds }: CallLedger): number => Object.values(kinds).reduce((sum, { frames }) => sum + frames, 0)

const figures = (octets: number, frames: number, all: number): Cells => [
  whole(octets),
  each(octets, frames),
  share(octets, all),
]
const whole = (value: number): string => String(value).replace(/(?<=\d)(?=(\d{3})+$)/g, ',')
const each = (value: number, frames: number): string => (frames === 0 ? '' : (value / frames).toFixed(2))
const share = (part: number, all: number): string => (all === 0 ? '' : `${((100 * part) / all).toFixed(2)} %`)

/** Octets of transfers that ended well, in the time that they took. */
const goodput = ({ transfers: { octets, took } }: CallLedger): Cells =>
  took === 0 ? NOTHING : [`${((octets * 8e3) / took).toFixed(2)}`, 'Mbit/s', '']
