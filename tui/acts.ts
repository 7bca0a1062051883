/**
 * `a`: what can be done with the machine, line or tunnel that is selected, as lists to choose from and lines to type a
 * value in. What the selection cannot do is not listed.
 */
import { BOX_KINDS, boxNames, boxOf, fitsVerb, type NodeSpec, usersOf } from '../src/index.ts'
import type { Deed } from './deeds.ts'
import type { Pressed } from './effect.ts'
import type { Menu, MenuRow } from './menus.ts'
import type { MenuKind, Model } from './model.ts'
import { BOX_WORDS, isOf, JOBS } from './words.ts'

/** What a row does: something at once, another list, or a line to type a value in, with a first value. */
type Does =
  | { readonly act: readonly Deed[] }
  | { readonly menu: MenuKind; readonly about: string }
  | { readonly value: string; readonly text: string }

interface Choice extends MenuRow {
  readonly does: Does
}

/** A machine that was switched off and on is up again after so long. */
const REBOOT = 5e9

export type ActMenu = Extract<MenuKind, 'act' | 'lines' | 'line' | 'box' | 'rules' | 'passwords'>

const menuOf = (title: Menu['title'], choices: (model: Model, about: string) => readonly Choice[]): Menu => ({
  title,
  rows: choices,
  empty: '',
  pick: (model, index, about) => take(model, choices(model, about)[index]?.does),
})

export const ACT_MENUS: Readonly<Record<ActMenu, Menu>> = {
  act: menuOf(model => `do with ${nameOfSelected(model)}`, actChoices),
  lines: menuOf((_, about) => `which line of ${about}?`, lineChoices),
  line: menuOf((model, about) => `the line ${lineName(model, Number(about))}`, linkChoices),
  box: menuOf((_, about) => `what ${about} becomes`, boxChoices),
  rules: menuOf((_, about) => `rules of ${about}`, ruleChoices),
  passwords: menuOf(
    (_, about) => `whose password at ${about}?`,
    (model, about) => passwordChoices(model, about),
  ),
}

/** The list for what is selected, or why there is none. */
export function openActs(model: Model): Pressed {
  const { ui, scene } = model
  if (!model.deeds)
    return { ui: { ...ui, message: model.fixed ?? 'Nothing can be done in this run: it has no lab file.' } }
  if (scene.over)
    return { ui: { ...ui, message: 'The run is over. t goes to an earlier time, where something can be done.' } }
  if (actChoices(model).length > 0) return { ui: { ...ui, menu: { kind: 'act', chosen: 0 } } }
  return { ui: { ...ui, message: `Nothing can be done with ${nameOfSelected(model)} itself; choose something else.` } }
}

function take({ ui }: Model, does: Does | undefined): Pressed {
  if (!does) return { ui }
  if ('act' in does) return { ui, effect: { act: does.act } }
  if ('menu' in does) return { ui: { ...ui, menu: { kind: does.menu, chosen: 0, about: does.about } } }
  return { ui: { ...ui, prompt: { kind: 'value', text: does.text, about: does.value } } }
}

const once = (entry: string): Does => ({ act: [{ entry }] })
export const quoted = (text: string): string => JSON.stringify(text)

// What is selected

/** A line of the net, or the machine that the view is about. */
function selectedThing(model: Model): { readonly link: number } | { readonly node: string | undefined } {
  const { view, selection } = model.ui
  const { node, link, tunnel } = selection
  if (view === 'net' && node === undefined && link !== undefined) return { link }
  if (view === 'nat') {
    const boxes = boxNames(model.recorder.run.simulation)
    return { node: node !== undefined && boxes.includes(node) ? node : (boxes[0] ?? node) }
  }
  const client = model.scene.tunnels.find(({ no }) => no === tunnel)?.client
  return { node: view === 'tunnels' ? (client ?? node) : (node ?? client) }
}

const specOf = ({ recorder }: Model, name: string): NodeSpec | undefined => recorder.run.simulation.specs.get(name)

function nameOfSelected(model: Model): string {
  const thing = selectedThing(model)
  if ('link' in thing) return lineName(model, thing.link)
  const kind = model.scene.nodes.find(({ name }) => name === thing.node)?.kind
  return thing.node === undefined
    ? 'this'
    : `${thing.node}${kind && JOBS[kind] !== thing.node ? ` (${JOBS[kind]})` : ''}`
}

function lineName({ scene }: Model, link: number): string {
  const ends = scene.links[link]?.ends.map(({ node }) => node)
  return ends ? `${ends[0]} - ${ends[1]}` : 'this'
}

// The lists

function actChoices(model: Model): readonly Choice[] {
  const thing = selectedThing(model)
  if ('link' in thing) return linkChoices(model, String(thing.link))
  const spec = thing.node === undefined ? undefined : specOf(model, thing.node)
  return spec ? [...tunnelChoices(model, spec), ...machineChoices(model, spec)] : []
}

/** Only what has an effect now: nobody hangs up who has not dialled. */
function tunnelChoices({ scene }: Model, spec: NodeSpec): Choice[] {
  if (spec.kind !== 'client' || isOff(scene, spec.name)) return []
  const { name } = spec
  /** Does this layer of its tunnel or line stand, or is it on its way? */
  const isActive = (layer: 'TCP' | 'line'): boolean =>
    scene.tunnels.some(
      ({ client, layers }) =>
        client === name &&
        layers.some(
          each => each.name === layer && each.node === name && (each.mark === 'open' || each.mark === 'opening'),
        ),
    )
  const rows: Choice[] = []
  if (spec.pptp) {
    const active = isActive('TCP')
    if (!active) rows.push({ key: 'c', text: 'connect: call its server', does: once(`connect: ${name}`) })
    if (active) rows.push({ key: 'd', text: 'disconnect: clear its call', does: once(`disconnect: ${name}`) })
  }
  if (spec.dial) {
    const active = isActive('line')
    if (!active) rows.push({ key: 'i', text: `dial ${spec.dial.number}`, does: once(`dial: ${name}`) })
    if (active) rows.push({ key: 'h', text: 'hang up', does: once(`hangup: ${name}`) })
  }
  return rows
}

const isOff = ({ nodes }: Model['scene'], name: string): boolean => nodes.find(node => node.name === name)?.off === true

function machineChoices(model: Model, spec: NodeSpec): Choice[] {
  const { name } = spec
  const off = isOff(model.scene, name)
  const rows: Choice[] = []
  if (!off && fitsVerb('ping', spec)) {
    const to = partnerOf(model, spec)
    rows.push({ key: 'p', text: 'ping ...', does: { value: `ping ${name}`, text: to } })
    rows.push({
      key: 'f',
      text: 'fetch octets over TCP ...',
      does: { value: `fetch ${name}`, text: `${to}, bytes: 100kB` },
    })
  }
  const lines = lineChoices(model, name)
  if (lines.length === 1) rows.push({ key: 'l', text: 'its line ...', does: lines[0].does })
  else if (lines.length > 1) rows.push({ key: 'l', text: 'one of its lines ...', does: { menu: 'lines', about: name } })
  if (!off && spec.kind === 'firewall' && spec.nat) {
    const text = `NAT personality, now ${boxOf(model.recorder.run.simulation, name)?.like} ...`
    rows.push({ key: 'n', text, does: { menu: 'box', about: name } })
  } else if (!off && spec.kind === 'load-balancer') {
    rows.push({ key: 'n', text: 'forget all connections', does: once(`nat: { node: ${name}, flush: true }`) })
  }
  if (!off && fitsVerb('rule', spec))
    rows.push({ key: 'r', text: 'firewall rules ...', does: { menu: 'rules', about: name } })
  if (!off && fitsVerb('password', spec)) rows.push(...passwordRow(model, spec))
  if (!fitsVerb('restart', spec)) return rows
  if (off) return [...rows, { key: 'b', text: 'give it power again: it starts anew', does: once(`restart: ${name}`) }]
  const reboot: Does = { act: [{ entry: `crash: ${name}` }, { entry: `restart: ${name}`, after: REBOOT }] }
  rows.push({ key: 'b', text: 'reboot: 5 s without power, then it starts anew', does: reboot })
  rows.push({ key: 'o', text: 'power off', does: once(`crash: ${name}`) })
  if (fitsVerb('shutdown', spec)) {
    rows.push({ key: 's', text: 'shut its PPTP service down', does: once(`shutdown: ${name}`) })
  }
  return rows
}

/** Whom a machine would ask: a host behind its tunnel, its server, or the first host of another name. */
function partnerOf({ scene }: Model, { name }: NodeSpec): string {
  const tunnel = scene.tunnels.find(each => isOf(each, name))
  const server = tunnel?.server === name ? undefined : tunnel?.server
  const others = scene.nodes.filter(node => node.name !== name && node.addresses.length > 0)
  return others.find(({ kind }) => kind === 'host')?.name ?? server ?? others[0]?.name ?? ''
}

function lineChoices({ scene }: Model, about: string): Choice[] {
  return scene.links
    .filter(({ ends }) => ends.some(({ node }) => node === about))
    .map(({ index, ends, up }, i) => {
      const own = ends.find(({ node }) => node === about)
      const other = ends.find(end => end !== own)
      const text = `${own?.iface} to ${other?.node}${up ? '' : ', unplugged'}`
      return { key: letterOf(i), text, does: { menu: 'line', about: String(index) } }
    })
}

/** `1` to `9`, then letters that move nothing. */
const KEYS = '123456789abcdefmnoprstuvwxyz'
const letterOf = (i: number): string => KEYS[i] ?? ''

function linkChoices({ scene }: Model, about: string): readonly Choice[] {
  const link = scene.links[Number(about)]
  if (!link) return []
  const { up, type } = link
  const between = betweenOf(link.ends)
  const plug: Choice = up
    ? { key: 'u', text: 'unplug it', does: once(`link: { between: ${between}, down: true }`) }
    : { key: 'p', text: 'plug it in again', does: once(`link: { between: ${between}, up: true }`) }
  const value = (key: string, text: string, first: string): Choice => ({
    key: key[0],
    text,
    does: { value: `${key} ${about}`, text: first },
  })
  const quality =
    type === 'serial'
      ? [value('noise', 'noise: bits that it flips ...', '0.01%')]
      : [value('loss', 'loss: packets that it loses ...', '10%')]
  return [plug, ...quality, value('delay', 'delay ...', '200ms'), value('rate', 'rate: bits a second ...', '56kbit')]
}

export const betweenOf = (ends: Model['scene']['links'][number]['ends']): string =>
  `[${ends.map(({ node, iface }) => quoted(`${node}:${iface}`)).join(', ')}]`

function boxChoices({ recorder }: Model, about: string): readonly Choice[] {
  const now = boxOf(recorder.run.simulation, about)?.like
  const kinds = BOX_KINDS.filter(({ name }) => name !== now)
  const rows = kinds.map(({ name, about: words }, i) => ({
    key: letterOf(i),
    text: name,
    more: BOX_WORDS[name],
    sentence: `${name}: ${words.replace(/^(A|An|It) /, start => start.toLowerCase())}`,
    does: once(`nat: { node: ${about}, like: ${name} }`),
  }))
  const flush = {
    key: 'f',
    text: `stay ${now}, but forget all connections`,
    does: once(`nat: { node: ${about}, flush: true }`),
  }
  return [...rows, flush]
}

const POLICY = /^policy (\w+) (accept|drop)$/

/** Those in force can go, those of the lab that are gone can come back to their place. */
function ruleChoices(model: Model, about: string): readonly Choice[] {
  const spec = specOf(model, about)
  const rules = boxOf(model.recorder.run.simulation, about)?.rules.map(({ text }) => text) ?? []
  const rule = (change: string): Does => once(`rule: { node: ${about}, ${change} }`)
  const own = spec && 'filter' in spec ? (spec.filter?.rules ?? []) : []
  const rows: { text: string; does: Does }[] = []
  for (const text of rules.filter(text => !POLICY.test(text))) {
    rows.push({ text: `√ on   ${text}`, does: rule(`remove: ${quoted(text)}`) })
  }
  for (const { text, chain } of own.filter(({ text }) => !rules.includes(text))) {
    const before = own.filter(other => other.chain === chain).findIndex(other => other.text === text)
    const there = rules.filter(text => text.startsWith(`${chain} `)).length
    const place = Math.min(before, there) + 1
    rows.push({ text: `· off  ${text}`, does: rule(`add: ${quoted(text)}, at: ${place}`) })
  }
  for (const policy of rules) {
    const [, chain, verdict] = POLICY.exec(policy) ?? []
    if (chain === undefined) continue
    const other = verdict === 'drop' ? 'accept' : 'drop'
    rows.push({ text: `${policy}: make it ${other}`, does: rule(`add: "policy ${chain} ${other}"`) })
  }
  const first = spec?.kind === 'host' || spec?.kind === 'client' ? 'input drop proto gre' : 'forward drop proto gre'
  const fresh: Choice = { key: '+', text: 'a new rule ...', does: { value: `rule ${about}`, text: first } }
  return [...rows.map((row, i) => ({ key: letterOf(i), ...row })), fresh]
}

function passwordRow(model: Model, spec: NodeSpec): Choice[] {
  const rows = passwordChoices(model, spec.name)
  if (rows.length === 1) return [{ key: 'k', text: `${rows[0].text} ...`, does: rows[0].does }]
  return [{ key: 'k', text: 'a password ...', does: { menu: 'passwords', about: spec.name } }]
}

function passwordChoices(model: Model, about: string): Choice[] {
  const spec = specOf(model, about)
  if (!spec) return []
  const ask = (text: string, value: string, i: number): Choice => ({
    key: letterOf(i),
    text,
    does: { value, text: 'another' },
  })
  if (spec.kind !== 'client') {
    return usersOf(spec).map((user, i) => ask(`password of ${user}`, `password ${about} user: ${quoted(user)}`, i))
  }
  const own: Choice[] = []
  if (spec.pptp) own.push(ask('password that it types for the tunnel', `password ${about} for: pptp`, 0))
  if (spec.dial) own.push(ask('password that it types for the line', `password ${about} for: dial`, own.length))
  return own
}
