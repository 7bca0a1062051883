/**
 * A network namespace of our own (ip-netns(8)): a plain router between what is plugged into it. Nothing that happens in it
 * is seen by the machine's own network, and all of it goes with the namespace.
 */
import { ask, type Ended, run } from './host.ts'
import type { Undo } from './undo.ts'

const ROUTER = `
echo 1 > /proc/sys/net/ipv4/ip_forward
for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $file; done
for file in /proc/sys/net/ipv6/conf/*/disable_ipv6; do [ ! -e $file ] || echo 1 > $file; done
ip link set lo up`

/** What `ip` says of a namespace. */
export interface NetworkState {
  readonly addr: string
  readonly route: string
  readonly link: string
}

export class Namespace {
  readonly name: string
  readonly #undo: Undo

  constructor(name: string, undo: Undo) {
    this.#undo = undo
    this.name = name
    run('ip', ['netns', 'add', name])
    undo.add(() => {
      run('ip', ['netns', 'del', name])
    })
    this.run('sh', ['-c', ROUTER])
  }

  /** The command that runs another one inside; it replaces itself, so the process number is that of the other. */
  inside(command: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, command, ...args]]
  }

  run(command: string, args: readonly string[]): string {
    return run(...this.inside(command, args))
  }

  /** The same while the event loop goes on; the status is the caller's to judge. */
  ask(command: string, args: readonly string[], seconds?: number): Promise<Ended> {
    return ask(...this.inside(command, args), this.#undo, seconds)
  }

  /** A layer-2 device for a guest to hold the other end of, with this address on our side. */
  tap(name: string, address: string): void {
    this.run('ip', ['tuntap', 'add', 'dev', name, 'mode', 'tap'])
    this.run('ip', ['addr', 'add', address, 'dev', name])
    this.run('ip', ['link', 'set', name, 'up', 'txqueuelen', '5000'])
  }

  pull(name: string): void {
    this.run('ip', ['link', 'set', name, 'down'])
  }

  state(): NetworkState {
    const ask = (what: string): string => this.run('ip', ['-j', what])
    return { addr: ask('addr'), route: ask('route'), link: ask('link') }
  }
}
