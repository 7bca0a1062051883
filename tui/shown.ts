/** Which packets the list shows, by their numbers: those of the archive and those that the recorder remembers. */
import type { Journey } from '../src/index.ts'
import { namesOf } from './addresses.ts'
import type { Archive } from './archive.ts'
import { sizeOf } from './archive.ts'
import { wordsOf } from './filter.ts'
import { journeyOf, type Model } from './model.ts'
import { rowWords } from './row-words.ts'
import { Search } from './search.ts'
import { shownForm } from './selection.ts'
import type { Role } from './text.ts'
import { brief, type Peers, peersOf, protocolsOf, wayOf } from './views/packet-row.ts'

export interface Shown {
  /** How many rows there are, and how many the filter hides. */
  readonly length: number
  readonly hidden: number
  /** Share of the packets that the filter has looked at, 0 … 1. */
  readonly progress: number
  /** The packet in a row, oldest first. */
  at(index: number): number
  /** -1: it is not shown. */
  indexOf(no: number): number
}

export function shownOf(model: Model): Shown {
  const { recorder, ui } = model
  const { journeys } = recorder
  const words = wordsOf(ui.filter)
  if (model.capture) return model.capture.shown(recorder.journeyCount, words, ui.labels)
  const archive = archiveOf(model)
  const first = archive?.first ?? journeys[0]?.no ?? 1
  const total = (journeys.at(-1)?.no ?? first - 1) - first + 1
  if (words.length === 0) {
    const at = (index: number): number => first + index
    const indexOf = (no: number): number => (no >= first && no < first + total ? no - first : -1)
    return { length: total, hidden: 0, progress: 1, at, indexOf }
  }
  const search = archive && searchOf(archive, model, words)
  search?.advance()
  const young = journeys.filter(journey => {
    const hay = hayOf(journey, model)
    return words.every(word => hay.includes(word))
  })
  const old = search?.length ?? 0
  return {
    length: old + young.length,
    hidden: total - old - young.length,
    progress: search?.progress ?? 1,
    at: index => (search && index < old ? search.at(index) : young[index - old].no),
    indexOf: no => {
      const index = young.findIndex(journey => journey.no === no)
      return index < 0 ? (search?.indexOf(no) ?? -1) : old + index
    },
  }
}

/** Only if it goes up to where the recorder begins. */
const archiveOf = ({ archive, recorder }: Model): Archive | undefined =>
  archive?.rows.last === recorder.forgotten && archive.rows.last > 0 ? archive.rows : undefined

interface Found {
  readonly key: string
  readonly search: Search
}
const searches = new WeakMap<Archive, Found>()

function searchOf(archive: Archive, { ui, scene }: Model, words: readonly string[]): Search {
  const key = `${ui.labels} ${words.join(' ')}`
  const known = searches.get(archive)
  if (known?.key === key && known.search.isValid) return known.search
  const { byIp } = namesOf(scene)
  const search = new Search(archive, { words, labels: ui.labels, nameOf: address => byIp.get(address) })
  searches.set(archive, { key, search })
  return search
}

const hays = new WeakMap<Journey, { readonly state: string; readonly hay: string }>()

/** What a filter looks through, as long as the journey has not gone on. */
function hayOf(journey: Journey, model: Model): string {
  let went = 0
  for (const { hops, visits, drop } of journey.packets) went += 1 + hops.length + visits.length + (drop ? 1 : 0)
  const state = `${went} ${model.ui.labels}`
  const known = hays.get(journey)
  if (known?.state === state) return known.hay
  const { from, to } = peersOf(journey, model)
  const { text, seal } = rowWords(journey, model)
  const words = ['no', journey.no, 'from', from, 'to', to, text, seal, 'proto', protocolsOf(journey, model)]
  const hay = words.join(' ').toLowerCase()
  hays.set(journey, { state, hay })
  return hay
}

/** A row of the list. */
export interface Row extends Peers {
  readonly no: number
  readonly t: number
  readonly text: string
  readonly seal: string
  readonly role: Role
  readonly size: number
  /** One sign for each node. */
  readonly way: string
  readonly protocols: string
}

export function rowOf(no: number, model: Model): Row {
  if (model.capture) return model.capture.row(no, model.ui.labels)
  const isChosen = model.ui.selection.journey === no
  const journey = isChosen ? journeyOf(model, no) : model.recorder.journey(no)
  if (!journey) return oldRow(no, model)
  const { text, seal, role } = rowWords(journey, model)
  return {
    ...{ no, t: journey.t, ...peersOf(journey, model), text, seal, role },
    size: sizeOf(shownForm(journey, model.ui.selection)),
    way: wayOf(journey, model).join(''),
    protocols: protocolsOf(journey, model),
  }
}

function oldRow(no: number, { archive, scene, ui }: Model): Row {
  const row = archive?.rows.row(no)
  if (!row) throw new Error(`packet ${no} is forgotten`)
  const { t, maker, source, target, receiver, text, seal, role, size, way, protocols } = row
  const byAddress = ui.labels === 'addresses' && source !== ''
  const name = namesOf(scene).byIp.get(target) ?? (receiver === '' ? target : receiver)
  const peers = byAddress ? { from: brief(source), to: brief(target) } : { from: maker, to: name }
  return { no, t, ...peers, text, seal, role, size, way, protocols }
}
