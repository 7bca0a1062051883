/** A port together with the address that this node has there. */
import type { Ipv4, Prefix } from '../base/address.ts'
import type { IpPort } from '../base/layer.ts'

export interface IpInterface {
  readonly port: IpPort
  /** Only the stack changes it. */
  address: Ipv4
  /** The network it stands in; a point-to-point interface has its peer's /32. */
  readonly prefix: Prefix
}
