/** Names for addresses, as far as the scene knows them. */
import type { Scene } from '../src/index.ts'

const remembered = new WeakMap<Scene, Names>()

export interface Names {
  readonly byIp: ReadonlyMap<string, string>
  readonly byMac: ReadonlyMap<string, string>
}

/** Addresses of interfaces and those inside of tunnels; MAC addresses of the interfaces. */
export function namesOf(scene: Scene): Names {
  const known = remembered.get(scene)
  if (known) return known
  const byIp = new Map<string, string>()
  for (const { name, addresses } of scene.nodes) for (const address of addresses) byIp.set(address.split('/')[0], name)
  for (const { inner, client, server } of scene.tunnels) {
    if (!inner) continue
    byIp.set(inner.client, client)
    byIp.set(inner.server, server)
  }
  const byMac = new Map<string, string>([['ff:ff:ff:ff:ff:ff', 'all']])
  for (const { name, state } of scene.nodes) {
    for (const { mac } of Object.values((state.interfaces ?? {}) as Record<string, { readonly mac?: string }>)) {
      if (mac !== undefined) byMac.set(mac, name)
    }
  }
  const names = { byIp, byMac }
  remembered.set(scene, names)
  return names
}
