/**
 * What the views are given: the run as recorded, the scene of this moment, and what the user is looking at. A view is a
 * pure function of the three and of its size.
 */
import type { Breakpoint, Guesses, Journey, Recorder, Scene, SimTime } from '../src/index.ts'
import type { Archive } from './archive.ts'
import type { Asking } from './asking.ts'
import type { Captured } from './captured.ts'
import type { Comparison } from './comparison.ts'
import type { Cures } from './cures.ts'
import type { Deeds } from './deeds.ts'
import type { Future, FutureName } from './future.ts'
import type { Line } from './text.ts'
import type { Travel } from './travel.ts'

export const VIEWS = [
  ...(['dash', 'net', 'tunnels', 'packets', 'ladder', 'nat', 'events', 'checks', 'time', 'log'] as const),
] as const
export type ViewName = (typeof VIEWS)[number]

/** Same thing, same place: the numbers are those of the full program, so some are still missing. */
export const VIEW_KEYS: Readonly<
  Record<ViewName, { readonly key: string; readonly title: string; readonly short: string }>
> = {
  dash: { key: '0', title: 'Dash', short: 'Dsh' },
  net: { key: '1', title: 'Net', short: 'Net' },
  tunnels: { key: '2', title: 'Tunnels', short: 'Tun' },
  packets: { key: '3', title: 'Packets', short: 'Pkt' },
  ladder: { key: '4', title: 'Ladder', short: 'Lad' },
  nat: { key: '5', title: 'NAT', short: 'NAT' },
  events: { key: '6', title: 'Events', short: 'Evt' },
  checks: { key: '7', title: 'Checks', short: 'Chk' },
  time: { key: '8', title: 'Time', short: 'Tim' },
  log: { key: '9', title: 'Log', short: 'Log' },
}

export type StepUnit = 'event' | 'packet' | '1 ms' | 'interesting'
export type Lens = 'outside' | 'inside' | 'both'

/** One selection, everywhere: choosing in any view sets its part and derives the others. */
export interface Selection {
  readonly node: string | undefined
  /** Index of a link. */
  readonly link: number | undefined
  /** Number of a tunnel. */
  readonly tunnel: number | undefined
  /** Which layer of the tunnel: 0 TCP … 6 IPCP; -1, until one is selected, is that which the tunnel waits for. */
  readonly layer: number
  /** In the table of its machine: which event; -1 is the one that happened last. */
  readonly transition: number
  /** Number of a journey; undefined follows the newest. */
  readonly journey: number | undefined
  /** Which form of it: index into its packets; -1: the one that stands for it. */
  readonly form: number
  /** Path of the field in the dissected packet: indices of children. */
  readonly field: readonly number[]
  /** Index into the filtered events, from the newest (0). */
  readonly event: number
  /** In 7 Checks: a row, first those of the checks, then those of the questions that were answered. */
  readonly check: number
  /** Index into the filtered lines of the log, from the newest (0). */
  readonly logLine: number
  /** In 5 NAT: rows of the connections, the rules and the drops. */
  readonly connection: number
  readonly rule: number
  readonly loss: number
  /** And of routes, ARP, TCP connections and leases of a machine. */
  readonly ipRow: number
  /** In 8 Time: the future, the difference (an index into those that differ), and the breakpoint or mark. */
  readonly future: FutureName
  readonly difference: number
  readonly stop: number
}

/** Lines that are typed, apart from filters: prompts.ts has them. */
export type PromptKind = 'go' | 'mark' | 'breakpoint' | 'command' | 'value'
/** Lists to choose from: menus.ts has them. */
export type MenuKind =
  | ('marks' | 'breakpoints' | 'futures' | 'copy' | 'export')
  | ('act' | 'lines' | 'line' | 'box' | 'rules' | 'passwords')

/** A moment to come back to. */
export interface TimeMark {
  readonly letter: string
  readonly t: SimTime
  /** What the user calls it; empty: nothing. */
  readonly name: string
}

/** Something at which the run stops. */
export interface Break {
  /** `b1` is the first. */
  readonly no: number
  readonly breakpoint: Breakpoint
  readonly on: boolean
  readonly hits: number
  readonly last: SimTime | undefined
}

/** What is known of the futures of the lab. */
export interface Futures {
  readonly list: readonly Future[]
  readonly current: Future
  /** Of the current one and another; undefined: there is only one, or nobody looks. */
  readonly comparison: Comparison | undefined
  /** The run is on its way to another time. */
  readonly travel: Travel | undefined
}

/** What is looked at in 4 Ladder; rows are named as `rowKey` does. */
export interface LadderUi {
  /** The selected row, while it is the one of the selected journey or of none. */
  readonly row: string | undefined
  /** Groups that are open, by their first rows; or closed, while all are open. */
  readonly turned: ReadonlySet<string>
  readonly allOpen: boolean
  /** Number of the only tunnel that is shown. */
  readonly tunnel: number | undefined
}

export interface Ui {
  readonly view: ViewName
  /** The pane of the view that has the keys. */
  readonly pane: number
  readonly help: boolean
  /** The line that is being typed; it has the keyboard. */
  readonly prompt?: {
    readonly kind: PromptKind
    readonly text: string
    readonly about?: string
    /** What may stand next, since Tab was pressed. */
    readonly offers?: readonly string[]
  }
  /** The list that is open over the view; it has the keyboard. */
  readonly menu?: { readonly kind: MenuKind; readonly chosen: number; readonly about?: string }
  /** What is selected is explained: which of its explanations is shown. */
  readonly explained?: number
  /** What the last key has come to, in place of the teacher's sentence; empty: nothing to say. */
  readonly message: string
  readonly marks: readonly TimeMark[]
  readonly breaks: readonly Break[]
  /** The number of the breakpoint at which the run stands. */
  readonly broke: number | undefined
  /** Command lines, the latest last; `recalled`: that which stands in the prompt now, counted from the end. */
  readonly typed: readonly string[]
  readonly recalled: number
  /** It was said that something is not saved: the next `q` leaves without it. */
  readonly leaving: boolean
  /** Does the lab ask its questions? */
  readonly quiz: boolean
  /** The question that is open; it has the keyboard, and the run waits. */
  readonly asking?: Asking
  /** What was answered. */
  readonly guesses: Guesses
  /** Why was the chosen packet discarded? */
  readonly why: boolean
  /** What is typed into the search of the help; which row is chosen; are the keys of all views shown? */
  readonly helpSearch: string
  readonly helpRow: number
  readonly helpAll?: boolean
  /** Which step of the tour is shown. */
  readonly tour?: number
  readonly running: boolean
  /** Virtual seconds a second of the wall. */
  readonly speed: number
  /** The speed follows what happens: hurries through quiet, slows down when something moves. */
  readonly auto: boolean
  readonly stepBy: StepUnit
  readonly lens: Lens
  /** Labels as names or addresses. */
  readonly labels: 'names' | 'addresses'
  readonly follow: boolean
  readonly selection: Selection
  /** Per view: what is typed behind `/`, and whether it is being typed. */
  readonly filter: string
  readonly typing: boolean
  /** Layers of the packet that are unfolded, by name. */
  readonly unfolded: ReadonlySet<string>
  readonly ladder?: LadderUi
  /** Switches and routers in the net whose hosts are drawn as one. */
  readonly folded?: ReadonlySet<string>
  /** Views that were left, for Esc. */
  readonly history: readonly ViewName[]
  readonly theme: 'dark' | 'light' | 'mono'
  readonly ascii: boolean
  readonly mouse: boolean
}

export interface Older {
  readonly rows: Archive
  /** An old journey made again, or how much of that is done, 0 … 1; undefined: nobody has begun. */
  again(no: number): Journey | number | undefined
}

export interface Model {
  readonly scene: Scene
  readonly recorder: Recorder
  readonly ui: Ui
  /** Absent where nobody can go back: in the telling of --plain. */
  readonly futures?: Futures
  /** What helps against the drop that is asked about; absent: it is being looked up, or nobody asks. */
  readonly cures?: Cures
  /** Packets that the recorder has forgotten, as far as somebody has taken care of them. */
  readonly archive?: Older
  /** `pptp-lab explain LAB`, as the user has named and changed the lab: what tells more of this run. */
  readonly explain: string
  /** What is looked at is a capture: machines and tunnels are not known, only what was on the wire. */
  readonly capture?: Captured
  /** Of a bridged run: how far the moment that is shown is behind it; undefined: this is its live end. */
  readonly live?: { readonly behind: SimTime | undefined; readonly over: boolean }
  /** What was done in the run; absent: nothing can be. */
  readonly deeds?: Pick<Deeds, 'done' | 'undone' | 'unsaved' | 'since' | 'keptIn'>
  /** Why nothing can be, where it is not for want of a lab file. */
  readonly fixed?: string
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** A view inside the frame: exactly `rows` lines of exactly `columns` cells, and what the frame says for it. */
export interface Rendered {
  readonly lines: readonly Line[]
  /** One sentence a teacher would say about what is selected. */
  readonly sentence: string
  /** The keys that work here, in the order of use: `. step`. */
  readonly keys: readonly string[]
  /** It is looking for something, and will show more in the next frame. */
  readonly more?: boolean
}
export type View = (model: Model, size: Size) => Rendered

/** A journey with all its details: as it is remembered, or made again. */
export function journeyOf({ recorder, archive }: Model, no: number): Journey | undefined {
  const again = recorder.journey(no) ?? archive?.again(no)
  return typeof again === 'object' ? again : undefined
}

/** The selected journey, or the newest one. */
export function selectedJourney(model: Model): Journey | undefined {
  const { journey } = model.ui.selection
  return (journey === undefined ? undefined : journeyOf(model, journey)) ?? model.recorder.journeys.at(-1)
}
