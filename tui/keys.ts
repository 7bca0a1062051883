/**
 * Every key in one table: where it works and what it does. The program looks keys up here, and the help and the hints
 * are made from it, so that none of them can differ.
 */
import { VIEW_KEYS, VIEWS, type ViewName } from './model.ts'
import type { Own } from './parts.ts'

/**
 * What has the keyboard: a view, the line of the filter, a line that is typed for something else, a list to choose from, a
 * question of the lab, the help, the answer to why, an explanation, or the choice of a lab before the start.
 */
export type Mode = 'view' | 'why' | 'explain' | 'typing' | 'prompt' | 'menu' | 'question' | 'help' | 'start'

export type Command =
  | 'run'
  | 'step'
  | 'step-back'
  | 'next'
  | 'previous'
  | 'step-by'
  | 'faster'
  | 'slower'
  | 'real-time'
  | 'auto-speed'
  | `view-${ViewName}`
  | 'next-pane'
  | 'previous-pane'
  | Own
  | 'escape'
  | 'lens'
  | 'labels'
  | 'follow'
  | 'why'
  | 'explain'
  | 'copy'
  | 'export'
  | 'go'
  | 'mark'
  | 'go-to-mark'
  | 'live'
  | 'break'
  | 'breaks'
  | 'fork'
  | 'undo'
  | 'redo'
  | 'forget'
  | 'delete'
  | 'edit'
  | `cure-${1 | 2 | 3}`
  | 'act'
  | 'command'
  | 'choose'
  | 'surer'
  | 'hint'
  | 'skip'
  | 'filter'
  | 'next-match'
  | 'previous-match'
  | 'theme'
  | 'mouse'
  | 'help'
  | 'quit'
  | 'redraw'
  | 'interrupt'
  | 'suspend'
  | 'erase'
  | 'erase-all'
  | 'complete'
  | 'older'
  | 'newer'
  | 'accept'
  | 'cancel'

export type Group = 'time' | 'here' | 'everywhere' | 'help' | 'filter' | 'menu' | 'question' | 'start'

export interface KeyEntry {
  readonly keys: readonly string[]
  readonly command: Command
  readonly modes: readonly Mode[]
  /** Absent: in all of them. */
  readonly views?: readonly ViewName[]
  readonly group: Group
  readonly help: string
}

const VIEW = ['view'] as const
const EVERYWHERE = ['view', 'why', 'explain', 'typing', 'prompt', 'menu', 'question', 'help', 'start'] as const
const LISTS = ['view', 'explain', 'menu', 'question', 'help', 'start'] as const

export const KEYS: readonly KeyEntry[] = [
  { keys: ['Space'], command: 'run', modes: VIEW, group: 'time', help: 'run or pause' },
  { keys: ['.'], command: 'step', modes: VIEW, group: 'time', help: 'one step on' },
  { keys: [','], command: 'step-back', modes: VIEW, group: 'time', help: 'one step back' },
  {
    keys: ['s'],
    command: 'step-by',
    modes: VIEW,
    group: 'time',
    help: 'choose what a step is',
  },
  { keys: ['>'], command: 'next', modes: VIEW, group: 'time', help: 'next interesting thing' },
  { keys: ['<'], command: 'previous', modes: VIEW, group: 'time', help: 'the one before it' },
  { keys: ['+'], command: 'faster', modes: VIEW, group: 'time', help: 'faster, to 100x and max' },
  { keys: ['-'], command: 'slower', modes: VIEW, group: 'time', help: 'slower, to 0.01x' },
  { keys: ['='], command: 'real-time', modes: VIEW, group: 'time', help: 'back to 1x' },
  { keys: ['\\'], command: 'auto-speed', modes: VIEW, group: 'time', help: 'auto: hurry when quiet' },
  { keys: ['t'], command: 'go', modes: VIEW, group: 'time', help: 'go to a time or mark' },
  { keys: ['m'], command: 'mark', modes: VIEW, group: 'time', help: 'set a mark here' },
  { keys: ["'"], command: 'go-to-mark', modes: VIEW, group: 'time', help: 'go to a mark' },
  { keys: ['V'], command: 'live', modes: VIEW, group: 'time', help: 'bridged: back to now' },
  { keys: ['b'], command: 'break', modes: VIEW, group: 'time', help: 'stop at such things' },
  { keys: ['B'], command: 'breaks', modes: VIEW, group: 'time', help: 'list of breakpoints' },
  { keys: ['F'], command: 'fork', modes: VIEW, group: 'time', help: 'another future from here' },
  { keys: ['X'], command: 'forget', modes: VIEW, views: ['time'], group: 'here', help: 'forget a future' },

  { keys: ['h', 'Left'], command: 'left', modes: VIEW, group: 'here', help: 'left; closes a branch' },
  { keys: ['j', 'Down'], command: 'down', modes: LISTS, group: 'here', help: 'down' },
  { keys: ['k', 'Up'], command: 'up', modes: LISTS, group: 'here', help: 'up' },
  { keys: ['l', 'Right'], command: 'right', modes: VIEW, group: 'here', help: 'right; opens a branch' },
  { keys: ['g', 'Home'], command: 'first', modes: LISTS, group: 'here', help: 'first' },
  { keys: ['G', 'End'], command: 'last', modes: LISTS, group: 'here', help: 'last' },
  { keys: ['PgUp', 'C-u'], command: 'pageUp', modes: LISTS, group: 'here', help: 'a page up' },
  { keys: ['PgDn', 'C-d'], command: 'pageDown', modes: LISTS, group: 'here', help: 'a page down' },
  { keys: ['Enter'], command: 'enter', modes: ['view', 'why'], group: 'here', help: 'look inside' },
  {
    keys: ['['],
    command: 'previousOfFlow',
    modes: VIEW,
    views: ['packets'],
    group: 'here',
    help: 'previous of this flow',
  },
  {
    keys: [']'],
    command: 'nextOfFlow',
    modes: VIEW,
    views: ['packets'],
    group: 'here',
    help: 'next of this flow',
  },
  {
    keys: ['i'],
    command: 'lens',
    modes: VIEW,
    views: ['dash', 'net', 'packets'],
    group: 'here',
    help: 'lens: outside, inside',
  },
  {
    keys: ['o'],
    command: 'labels',
    modes: VIEW,
    views: ['dash', 'net', 'packets'],
    group: 'here',
    help: 'names or addresses',
  },
  {
    keys: ['f'],
    command: 'follow',
    modes: VIEW,
    views: ['dash', 'packets', 'ladder'],
    group: 'here',
    help: 'follow the newest',
  },
  {
    keys: ['z'],
    command: 'fold',
    modes: VIEW,
    views: ['net', 'packets', 'ladder'],
    group: 'here',
    help: 'fold hosts, layers, rows',
  },
  { keys: ['Z'], command: 'foldAll', modes: VIEW, views: ['ladder'], group: 'here', help: 'fold all, or open all' },
  { keys: ['c'], command: 'cause', modes: VIEW, views: ['ladder'], group: 'here', help: 'what brought it about' },
  { keys: ['C'], command: 'consequence', modes: VIEW, views: ['ladder'], group: 'here', help: 'what came of it first' },
  {
    keys: ['L'],
    command: 'tunnelLadder',
    modes: VIEW,
    views: ['tunnels', 'ladder'],
    group: 'here',
    help: 'ladder of this tunnel',
  },
  {
    keys: ['w'],
    command: 'why',
    modes: ['view', 'why'],
    views: ['dash', 'net', 'packets', 'ladder', 'nat', 'events'],
    group: 'here',
    help: 'why was it dropped?',
  },
  ...([1, 2, 3] as const).map(
    (no): KeyEntry => ({
      keys: [String(no)],
      command: `cure-${no}`,
      modes: ['why'],
      group: 'here',
      help: `try cure ${no} in a fork`,
    }),
  ),
  {
    keys: ['e'],
    command: 'explain',
    modes: ['view', 'why'],
    group: 'here',
    help: 'explain this field or word',
  },
  { keys: ['/'], command: 'filter', modes: VIEW, group: 'here', help: 'filter; in the net search' },
  {
    keys: ['n'],
    command: 'next-match',
    modes: VIEW,
    group: 'here',
    help: 'next match, next ≠',
  },
  {
    keys: ['N'],
    command: 'previous-match',
    modes: VIEW,
    group: 'here',
    help: 'previous match, ≠',
  },

  ...VIEWS.map(
    (view): KeyEntry => ({
      keys: [VIEW_KEYS[view].key],
      command: `view-${view}`,
      modes: VIEW,
      group: 'everywhere',
      help: `view ${VIEW_KEYS[view].title}`,
    }),
  ),
  { keys: ['a'], command: 'act', modes: VIEW, group: 'everywhere', help: 'act: do something' },
  { keys: ['u'], command: 'undo', modes: VIEW, group: 'everywhere', help: 'undo what was done' },
  { keys: ['R'], command: 'redo', modes: VIEW, group: 'everywhere', help: 'redo what was undone' },
  {
    keys: [':'],
    command: 'command',
    modes: ['view', 'question'],
    group: 'everywhere',
    help: 'command line: save FILE',
  },
  { keys: ['Tab'], command: 'next-pane', modes: VIEW, group: 'everywhere', help: 'next pane' },
  { keys: ['S-Tab'], command: 'previous-pane', modes: VIEW, group: 'everywhere', help: 'previous pane' },
  { keys: ['q'], command: 'escape', modes: ['why'], group: 'everywhere', help: 'close the answer to w' },
  { keys: ['Esc'], command: 'escape', modes: ['view', 'why', 'question'], group: 'everywhere', help: 'back one step' },
  { keys: ['y'], command: 'copy', modes: VIEW, group: 'everywhere', help: 'copy what is selected' },
  { keys: ['x'], command: 'export', modes: VIEW, group: 'everywhere', help: 'save lab, pcap, text, SVG' },
  { keys: ['T'], command: 'theme', modes: VIEW, group: 'everywhere', help: 'theme: dark, light, mono' },
  { keys: ['M'], command: 'mouse', modes: ['view', 'start'], group: 'everywhere', help: 'mouse on or off' },
  { keys: ['?'], command: 'help', modes: ['view', 'question'], group: 'everywhere', help: 'help' },
  { keys: ['q'], command: 'quit', modes: ['view', 'question', 'start'], group: 'everywhere', help: 'quit' },
  { keys: ['C-l'], command: 'redraw', modes: EVERYWHERE, group: 'everywhere', help: 'draw all again' },
  { keys: ['C-c'], command: 'interrupt', modes: EVERYWHERE, group: 'everywhere', help: 'quit at once' },
  { keys: ['C-z'], command: 'suspend', modes: EVERYWHERE, group: 'everywhere', help: 'suspend' },

  { keys: ['Enter'], command: 'accept', modes: ['typing', 'prompt'], group: 'filter', help: 'keep the filter' },
  { keys: ['Down'], command: 'down', modes: ['typing'], group: 'filter', help: 'into what is left' },
  { keys: ['Esc'], command: 'cancel', modes: ['typing', 'prompt'], group: 'filter', help: 'clear the filter' },
  { keys: ['Backspace'], command: 'erase', modes: ['typing', 'prompt'], group: 'filter', help: 'erase a letter' },
  { keys: ['C-u'], command: 'erase-all', modes: ['prompt'], group: 'filter', help: 'erase all' },
  { keys: ['Tab'], command: 'complete', modes: ['prompt'], group: 'filter', help: 'what may stand here' },
  { keys: ['Up'], command: 'older', modes: ['prompt'], group: 'filter', help: 'the line before' },
  { keys: ['Down'], command: 'newer', modes: ['prompt'], group: 'filter', help: 'the line after' },

  { keys: ['Enter', 'Space'], command: 'accept', modes: ['menu'], group: 'menu', help: 'choose' },
  { keys: ['Esc', 'q'], command: 'cancel', modes: ['menu'], group: 'menu', help: 'close the list' },
  { keys: ['d'], command: 'delete', modes: ['menu'], group: 'menu', help: 'delete a breakpoint' },
  { keys: ['e'], command: 'edit', modes: ['menu'], group: 'menu', help: 'change a breakpoint' },

  {
    keys: ['Esc', 'q', 'e'],
    command: 'cancel',
    modes: ['explain'],
    group: 'menu',
    help: 'close the explanation',
  },
  {
    keys: ['1', '2', '3', '4', '5', '6'],
    command: 'choose',
    modes: ['question'],
    group: 'question',
    help: 'choose an answer',
  },
  { keys: ['Tab'], command: 'surer', modes: ['question'], group: 'question', help: 'how sure: guess, fairly, certain' },
  { keys: ['Enter'], command: 'accept', modes: ['question'], group: 'question', help: 'that is my guess' },
  { keys: ['S'], command: 'skip', modes: ['question'], group: 'question', help: 'skip the question' },
  { keys: ['H'], command: 'hint', modes: ['question'], group: 'question', help: 'a hint' },

  { keys: ['/'], command: 'filter', modes: ['help'], group: 'help', help: 'search the help' },
  { keys: ['n'], command: 'next-match', modes: ['help'], group: 'help', help: 'next that is found' },
  { keys: ['N'], command: 'previous-match', modes: ['help'], group: 'help', help: 'previous that is found' },
  { keys: ['Enter'], command: 'accept', modes: ['help'], group: 'help', help: 'try the key of the row' },
  { keys: ['?'], command: 'help', modes: ['help'], group: 'help', help: 'all keys, or those here' },
  { keys: ['Esc', 'q'], command: 'cancel', modes: ['help'], group: 'help', help: 'close the help' },

  { keys: ['Enter', 'Space'], command: 'accept', modes: ['start'], group: 'start', help: 'open the lab' },
  { keys: ['/'], command: 'filter', modes: ['start'], group: 'start', help: 'filter the labs' },
  { keys: ['Esc'], command: 'escape', modes: ['start'], group: 'start', help: 'clear the filter' },
]

/** The entry of a key, if it does something here. */
export function entryOf(key: string, mode: Mode, view: ViewName): KeyEntry | undefined {
  return KEYS.find(
    entry => entry.keys.includes(key) && entry.modes.includes(mode) && (entry.views?.includes(view) ?? true),
  )
}

const SHOWN: Readonly<Record<string, string>> = {
  'C-c': 'Ctrl-c',
  'C-d': 'Ctrl-d',
  'C-l': 'Ctrl-l',
  'C-u': 'Ctrl-u',
  'C-z': 'Ctrl-z',
}
/** A key as people write it. */
export const shown = (key: string): string => SHOWN[key] ?? key
