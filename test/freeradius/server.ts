/** A FreeRADIUS with a configuration of its own, in a namespace, at ports of its own; it ends by its process number. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, until } from '../support/outside/failure.ts'
import { start } from '../support/outside/host.ts'
import type { Namespace } from '../support/outside/namespace.ts'
import type { Undo } from '../support/outside/undo.ts'
import { ACCT_PORT, ADDRESS, AUTH_PORT, SECRET } from './lab.ts'

const START_SECONDS = 20
const STOP_SECONDS = 10

/** What the file `users` says (users(5)): alice gets an address and limits, the others what the server gives. */
const USERS = `alice Cleartext-Password := "wonderland"
  Framed-IP-Address = 10.77.8.33,
  Session-Timeout = 3600,
  Class = "gold"

bob Cleartext-Password := "builder"
  Service-Type = Framed-User,
  Framed-Protocol = PPP,
  Framed-Route = "10.77.40.0/24 0.0.0.0 1"

telnet Cleartext-Password := "netter"
  Service-Type = Login-User
`

/** radiusd.conf(5), which wants a line for each word; here it is written shorter. */
const configuration = (folder: string): string =>
  `
confdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_request_time = 30
cleanup_delay = 5
max_requests = 1024
hostname_lookups = no
log { destination = stdout; auth = yes }
security { allow_core_dumps = no; reject_delay = 0; status_server = no }
thread pool { start_servers = 1; max_servers = 2; min_spare_servers = 1; max_spare_servers = 2 }
client lab {
  ipaddr = 10.77.0.0/16
  secret = "${SECRET}"
  require_message_authenticator = yes
}
modules {
  pap { }
  chap { }
  mschap { use_mppe = yes; require_encryption = no; require_strong = no }
  files { usersfile = ${folder}/users }
  detail { filename = ${folder}/detail; permissions = 0600 }
}
server lab {
  listen { type = auth; ipaddr = ${ADDRESS}; port = ${AUTH_PORT} }
  listen { type = acct; ipaddr = ${ADDRESS}; port = ${ACCT_PORT} }
  authorize { chap; mschap; files; pap }
  authenticate {
    Auth-Type PAP { pap }
    Auth-Type CHAP { chap }
    Auth-Type MS-CHAP { mschap }
  }
  preacct { }
  accounting { detail }
  post-auth { }
}
`
    .replace(/; /g, '\n')
    .replace(/\{ (?!\})/g, '{\n')
    .replace(/([^{\s]) \}/g, '$1\n}')

export class FreeRadius {
  readonly #process: ChildProcess
  readonly #detail: string
  #said = ''

  constructor(folder: string, namespace: Namespace, undo: Undo) {
    const raddb = join(folder, 'raddb')
    mkdirSync(raddb, { recursive: true, mode: 0o700 })
    writeFileSync(join(raddb, 'radiusd.conf'), configuration(raddb), { mode: 0o600 })
    writeFileSync(join(raddb, 'users'), USERS, { mode: 0o600 })
    writeFileSync(join(raddb, 'dictionary'), '$INCLUDE /usr/share/freeradius/dictionary\n')
    this.#detail = join(raddb, 'detail')
    const command = namespace.inside('freeradius', ['-f', '-d', raddb, '-n', 'radiusd', '-l', 'stdout'])
    this.#process = start(...command, undo, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        this.#said += text
      })
    }
  }

  async ready(): Promise<void> {
    await until(START_SECONDS, 'FreeRADIUS is not ready', () => {
      check(this.#process.exitCode === null, `FreeRADIUS ended at once: ${this.#said.trim().slice(-400)}`)
      return this.#said.includes('Ready to process requests')
    })
  }

  /** It has said so. */
  async says(what: RegExp): Promise<void> {
    await until(STOP_SECONDS, `FreeRADIUS does not say ${what}`, () => what.test(this.#said))
  }

  /** What it has noted of sessions (rlm_detail), one record after the other. */
  get accounts(): readonly string[] {
    return existsSync(this.#detail) ? readFileSync(this.#detail, 'utf8').split(/\n\n/).filter(Boolean) : []
  }

  async account(status: string): Promise<string> {
    const has = () => this.accounts.find(record => record.includes(`Acct-Status-Type = ${status}`))
    return until(STOP_SECONDS, `FreeRADIUS has no record ${status} in ${readdirSync(join(this.#detail, '..'))}`, has)
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await until(STOP_SECONDS, 'FreeRADIUS does not die', () => this.#process.signalCode !== null)
  }
}
