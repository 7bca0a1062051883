/** The actions of a lab, carried out. `verbs.ts` holds their schema and their words; here is what each does. */
import { echo } from '../app/echo.ts'
import { flood } from '../app/flood.ts'
import { ping } from '../app/ping.ts'
import { talk } from '../app/talk.ts'
import { fetchBytes } from '../app/transfer.ts'
import type { PersonalityName } from '../filter/types.ts'
import type { LineQuality } from '../link/link.ts'
import { Client } from '../node/client.ts'
import type { DialUp } from '../node/dial-up.ts'
import { Dialler } from '../node/dialler.ts'
import { IpNode } from '../node/ip-node.ts'
import { Nas } from '../node/nas.ts'
import { PptpServer } from '../node/pptp-server.ts'
import { RadiusServer } from '../node/radius-server.ts'
import { crash, restart, type Simulation, serve } from './build.ts'
import type { Action, NodeSpec, QualityChange, Verb, VerbArgs } from './lab.ts'

/** The loader has checked that every name exists and is of the right kind. */
const client = (simulation: Simulation, name: string): Client => {
  const node = simulation.nodes.get(name)
  if (!(node instanceof Client)) throw new Error(`${name} is no client`)
  return node
}
/** The telephone line of a client. */
const dialUp = (simulation: Simulation, name: string): DialUp => {
  const node = simulation.nodes.get(name)
  const line = node instanceof Client || node instanceof Dialler ? node.dialUp : undefined
  if (!line) throw new Error(`${name} has no telephone line`)
  return line
}
const tunneller = (simulation: Simulation, name: string): Client | PptpServer | Nas => {
  const node = simulation.nodes.get(name)
  if (!(node instanceof Client || node instanceof PptpServer || node instanceof Nas))
    throw new Error(`${name} has no tunnels`)
  return node
}
const machine = (simulation: Simulation, name: string): IpNode => {
  const node = simulation.nodes.get(name)
  if (!(node instanceof IpNode)) throw new Error(`${name} has no IP stack`)
  return node
}

const VERBS: { readonly [V in Verb]: (simulation: Simulation, args: VerbArgs[V]) => void } = {
  connect: (simulation, args) => client(simulation, args.client).connect(),
  disconnect: (simulation, args) => client(simulation, args.client).disconnect(),
  dial: (simulation, args) => dialUp(simulation, args.client).dial(),
  hangup: (simulation, args) => dialUp(simulation, args.client).hangUp(),
  call: (simulation, { from, via, number, bearer }) => {
    const server = simulation.nodes.get(from)
    if (server instanceof PptpServer) server.call(via, number, bearer)
  },
  ping: (simulation, args) => {
    const from = machine(simulation, args.from)
    ping(from.env, from.stack, args)
  },
  fetch: (simulation, args) => {
    const from = machine(simulation, args.from)
    serve(simulation, 'transfer', args.port)
    fetchBytes(from.env, from.tcp, args)
  },
  talk: (simulation, args) => {
    const from = machine(simulation, args.from)
    talk(from.env, from.tcp, args)
  },
  echo: (simulation, args) => {
    const from = machine(simulation, args.from)
    serve(simulation, 'udp-echo', args.port)
    echo(from.env, from.udp, args)
  },
  flood: (simulation, args) => {
    const from = machine(simulation, args.from)
    flood(from.env, from.udp, args)
  },
  route: (simulation, { node, change, route }) => {
    const { stack } = machine(simulation, node)
    if (change === 'add') return void stack.addRoute(route)
    const { prefix, via, dev } = route
    const there = stack.routes.at(prefix)
    if (there && (via === undefined || there.via === via) && (dev === undefined || there.iface.port.name === dev))
      stack.removeRoute(there)
  },
  link: (simulation, args) => {
    const link = simulation.links[args.link]
    if (args.up !== undefined) link.setUp(args.up)
    link.change(0, changed(args.sends[0]))
    link.change(1, changed(args.sends[1]))
  },
  crash: (simulation, args) => crash(simulation, args.node),
  restart: (simulation, args) => restart(simulation, args.node),
  rule: (simulation, args) => machine(simulation, args.node).change(args.change),
  nat: (simulation, args) => {
    const { filtering } = machine(simulation, args.node)
    if (args.flush) filtering?.flush()
    if (args.like !== undefined) {
      filtering?.become(args.like)
      keep(simulation, args.node, spec => withPersonality(spec, args.like))
    }
    if (args.address !== undefined) filtering?.moveTo(args.address)
  },
  password: (simulation, args) => {
    keep(simulation, args.node, spec => withPassword(spec, args))
    const spec = simulation.specs.get(args.node)
    const node = simulation.nodes.get(args.node)
    if (spec?.kind === 'client' && (node instanceof Client || node instanceof Dialler)) {
      if (args.for === 'dial' && spec.dial) node.dialUp?.types(spec.dial.password)
      if (args.for === 'pptp' && spec.pptp && node instanceof Client) node.types(spec.pptp.password)
    } else if (node instanceof PptpServer || node instanceof Nas || node instanceof RadiusServer) {
      const users = spec && usersOf(spec)
      if (users) node.admits(users)
    }
  },
  shutdown: (simulation, args) => tunneller(simulation, args.node).shutDown(),
  note: () => {},
}

/** In a lab, no rate is written as `null`. */
function changed({ rate, ...rest }: QualityChange): Partial<LineQuality> {
  return rate === undefined ? rest : { ...rest, rate: rate ?? 0 }
}

// What a machine keeps without power

function keep({ specs }: Simulation, name: string, change: (spec: NodeSpec) => NodeSpec): void {
  const spec = specs.get(name)
  if (spec) specs.set(name, change(spec))
}

const withPersonality = (spec: NodeSpec, like: PersonalityName | undefined): NodeSpec =>
  like === undefined || !spec.nat ? spec : { ...spec, nat: { ...spec.nat, like } }

/** Who may come in. */
function usersOf(spec: NodeSpec): ReadonlyMap<string, string> | undefined {
  if (spec.kind === 'pptp-server') return spec.pptp.users
  return spec.kind === 'nas' ? spec.nas.ppp?.users : spec.kind === 'radius' ? spec.radius.users : undefined
}

function withPassword(spec: NodeSpec, { user, for: what, password }: VerbArgs['password']): NodeSpec {
  if (spec.kind === 'client') {
    const dial = spec.dial && what === 'dial' ? { ...spec.dial, password } : spec.dial
    const pptp = spec.pptp && what === 'pptp' ? { ...spec.pptp, password } : spec.pptp
    return { ...spec, ...(dial ? { dial } : {}), ...(pptp ? { pptp } : {}) } as NodeSpec
  }
  const users = new Map(usersOf(spec))
  if (user !== undefined) users.set(user, password)
  if (spec.kind === 'pptp-server') return { ...spec, pptp: { ...spec.pptp, users } }
  if (spec.kind === 'radius') return { ...spec, radius: { ...spec.radius, users } }
  return spec.kind === 'nas' && spec.nas.ppp ? { ...spec, nas: { ...spec.nas, ppp: { ...spec.nas.ppp, users } } } : spec
}

/** The machine that is to do something, if one is. */
function doer({ verb, args }: Action): string | undefined {
  if (verb === 'connect' || verb === 'disconnect' || verb === 'dial' || verb === 'hangup') return args.client
  if (verb === 'shutdown') return args.node
  if (verb === 'rule' || verb === 'nat' || verb === 'route' || verb === 'password') return args.node
  return verb === 'link' || verb === 'note' || verb === 'crash' || verb === 'restart' ? undefined : args.from
}

/** Nobody can do anything at a machine without power. */
export function apply(simulation: Simulation, action: Action): void {
  const name = doer(action)
  if (name !== undefined && simulation.boots.get(name)?.power.on === false) return
  const verb = VERBS[action.verb] as (simulation: Simulation, args: unknown) => void
  verb(simulation, action.args)
}
