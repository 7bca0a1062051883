/** Scenes of labs that were never built: only what the view of the net looks at. */

import type { Lab, Recorder, Scene, SceneLink, SceneNode, SceneTunnel } from '../../src/index.ts'
import { pathBetween } from '../../src/lab/way.ts'
import { PERFECT } from '../../src/link/link.ts'
import type { Model, Selection, Ui } from '../../tui/model.ts'
import { SELECTION, UI } from './ui.ts'

export type Kind = SceneNode['kind']
const LAYERS = ['TCP', 'ctl', 'call', 'LCP', 'auth', 'CCP', 'IPCP'] as const

export interface Plot {
  readonly nodes: readonly (readonly [name: string, kind: Kind])[]
  readonly links: readonly (readonly [string, string])[]
  /** Is the tunnel of this client up? */
  readonly up: boolean
  readonly delay?: number
}

export function sceneOfPlot({ nodes, links, up, delay = 5e6 }: Plot): Scene {
  const lab = { links: links.map(([a, b]) => ({ ends: [{ node: a }, { node: b }] })) } as unknown as Lab
  const server = nodes.find(([, kind]) => kind === 'pptp-server')?.[0]
  const clients = server === undefined ? [] : nodes.filter(([, kind]) => kind === 'client')
  const tunnels = clients.map(([client], i): SceneTunnel => tunnelOf(lab, client, server as string, i + 1, up))
  return {
    lab: { name: 'plot', description: 'A lab that was never built. It is only drawn.', seed: 1 },
    t: 1e9,
    stop: 30e9,
    next: 2e9,
    over: false,
    nodes: nodes.map(([name, kind], i): SceneNode => {
      const role = kind === 'client' ? 'PNS' : kind === 'pptp-server' ? 'PAC' : undefined
      const addresses = kind === 'switch' ? [] : [`10.0.${i}.1/24`]
      return { name, kind, role, addresses, state: {}, drops: 0 }
    }),
    links: links.map(
      ([a, b], index): SceneLink => ({
        index,
        ends: [
          { node: a, iface: `eth${index}`, address: undefined },
          { node: b, iface: `eth${index}`, address: undefined },
        ],
        type: 'ethernet',
        up: true,
        quality: [
          { ...PERFECT, delay },
          { ...PERFECT, delay },
        ],
        flights: [],
        lines: undefined,
        signals: [],
        tunnels: up ? tunnels.filter(({ path }) => path.includes(index)).map(({ no }) => no) : [],
      }),
    ),
    tunnels,
    checks: [],
    drops: 0,
  }
}

function tunnelOf(lab: Lab, client: string, server: string, no: number, up: boolean): SceneTunnel {
  return {
    no,
    kind: 'voluntary',
    client,
    entry: client,
    server,
    beganBy: { node: client, role: 'PNS' },
    lines: [],
    rule: undefined,
    heard: undefined,
    callIds: { entry: undefined, server: undefined },
    user: client,
    began: up ? 0 : undefined,
    layers: LAYERS.map(name => ({
      name,
      node: client,
      state: up ? 'opened' : 'none',
      mark: up ? ('open' as const) : ('idle' as const),
      since: up ? 0 : undefined,
      tries: 0,
      maxTries: 10,
      due: undefined,
      counters: up ? { left: 10, sent: 0, id: 1 } : {},
      facts: {},
      timers: up ? { echo: 1e12 } : {},
      entered: [],
    })),
    inside: up ? [{ name: 'GRE', state: 'open', counters: { next: 7, outstanding: 0, window: 32 }, timers: {} }] : [],
    up,
    arrived: undefined,
    traffic: [],
    since: up ? 0 : undefined,
    inner: up ? { client: `10.8.0.${no + 9}`, server: '10.8.0.1' } : undefined,
    mtu: up ? 1456 : undefined,
    encrypted: up,
    keyBits: up ? 128 : 0,
    end: undefined,
    path: pathBetween(lab, client, server),
    sent: 0,
    gre: undefined,
    received: 0,
  }
}

/** Of a run as much as views ask for. */
const NO_RUN = { simulation: { lab: { events: [] }, links: [], world: { scheduler: {} } } }

export const plotModel = (plot: Plot, ui: Partial<Ui> = {}, selection: Partial<Selection> = {}): Model => ({
  scene: sceneOfPlot(plot),
  recorder: { events: [], journeys: [], run: NO_RUN } as unknown as Recorder,
  explain: '',
  ui: { ...UI, ...ui, selection: { ...SELECTION, ...selection } },
})
