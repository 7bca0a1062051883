/**
 * A small HTTP/1.0 server: a page that says who answers, octets to fetch, and the request as it came.
 *
 * Read RFC 1945 §5 (requests; http-request.ts reads them), §6 (responses), §8 (methods), §9 (status codes). Each
 * connection carries one request. Status 405 and its Allow are of HTTP/1.1 (RFC 9110 §15.5.6), 431 of RFC 6585 §5:
 * HTTP/1.0 has only 400 and 501 for them.
 *
 * Limits: no Date and no Last-Modified, since virtual time is no time of day; no conditional GET; no entity body is
 * read: what follows a request is thrown away. A client that does not finish its request keeps its connection.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { fromAscii } from '../base/bytes.ts'
import type { IpStack } from '../ip/stack.ts'
import type { Connection, ConnectionHandlers } from '../ip/tcp.ts'
import { type HttpRequest, HttpRequestReader, type Refusal } from './http-request.ts'
import { from, Outgoing } from './outgoing.ts'
import { fillPattern } from './pattern.ts'

/** What the page tells of the machine. */
export interface Machine {
  readonly name: string
  readonly kind: string
  readonly stack: IpStack
}

interface Answer {
  readonly status: 200 | 404 | 405 | Refusal
  readonly type: string
  /** The entity body: octets, or so many of the pattern. */
  readonly body: Uint8Array | number
}

const REASONS: Readonly<Record<Answer['status'], string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
}
const METHODS = ['GET', 'HEAD']
const PLAIN = 'text/plain; charset=iso-8859-1'
const LONGEST_DETAIL = 60

export class HttpServer {
  readonly handlers: ConnectionHandlers
  /** `GET /bytes/100: 200` */
  detail = ''
  readonly #connection: Connection
  readonly #machine: Machine
  readonly #reader = new HttpRequestReader()
  #answered = false
  readonly #output: Outgoing[] = []

  constructor(connection: Connection, machine: Machine) {
    this.#connection = connection
    this.#machine = machine
    this.handlers = {
      data: bytes => this.#data(bytes),
      writable: () => this.#send(),
      ended: () => {
        if (!this.#answered) connection.end()
      },
    }
  }

  #data(bytes: Uint8Array): void {
    if (this.#answered) return
    const request = this.#reader.push(bytes)
    if (request === undefined) return
    this.#answered = true
    if (typeof request === 'number') this.#refuse(request)
    else this.#answer(request)
  }

  #refuse(status: Refusal): void {
    this.detail = String(status)
    this.#respond(failure(status), false, true)
  }

  #answer(request: HttpRequest): void {
    const { method, path, simple } = request
    const answer = METHODS.includes(method) ? this.#find(request) : failure(405)
    const shown = path.length > LONGEST_DETAIL ? `${path.slice(0, LONGEST_DETAIL)}…` : path
    this.detail = `${method} ${shown}: ${answer.status}`
    this.#respond(answer, simple, method !== 'HEAD')
  }

  #find({ path, text }: HttpRequest): Answer {
    if (path === '/') return { status: 200, type: 'text/html; charset=utf-8', body: fromAscii(this.#page()) }
    if (path === '/headers') return { status: 200, type: PLAIN, body: fromAscii(text) }
    const [, count] = /^\/bytes\/(\d{1,15})$/.exec(path) ?? []
    return count === undefined ? failure(404) : { status: 200, type: 'application/octet-stream', body: Number(count) }
  }

  /** §6: a Simple-Response is the body alone. §8.2: the answer to HEAD is all but the body. */
  #respond({ status, type, body }: Answer, simple: boolean, withBody: boolean): void {
    const length = typeof body === 'number' ? body : body.length
    const head = [
      `HTTP/1.0 ${status} ${REASONS[status]}`,
      'Server: pptp-lab',
      ...(status === 405 ? [`Allow: ${METHODS.join(', ')}`] : []),
      `Content-Type: ${type}`,
      `Content-Length: ${length}`,
      'Connection: close',
    ]
    if (!simple) this.#queue(fromAscii(`${head.join('\r\n')}\r\n\r\n`))
    if (withBody) this.#queue(body)
    this.#send()
  }

  #queue(octets: Uint8Array | number): void {
    const output =
      typeof octets === 'number'
        ? new Outgoing(this.#connection, octets, fillPattern)
        : new Outgoing(this.#connection, octets.length, from(octets))
    this.#output.push(output)
  }

  #send(): void {
    if (!this.#answered) return
    while (this.#output.length > 0) {
      if (!this.#output[0].send()) return
      this.#output.shift()
    }
    this.#connection.end()
  }

  /** Every word in it is a name, a number or an address: nothing has to be escaped. */
  #page(): string {
    const { name, kind, stack } = this.#machine
    const { local, remote } = this.#connection
    const rows = [...stack.interfaces].map(
      ({ port, address, prefix }) =>
        `<tr><td>${port.name}</td><td>${formatIpv4(address)}/${prefix.length}</td><td>${port.mtu}</td></tr>\n`,
    )
    const end = (address: number, port: number): string => `${formatIpv4(address as Ipv4)}, port ${port}`
    return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${name}</title></head>
<body>
<h1>${name}</h1>
<p>This is ${name}, a ${kind} in a simulated network of pptp-lab.</p>
<p>You come from ${end(remote.address, remote.port)} and have asked ${end(local.address, local.port)}.</p>
<table>
<tr><th>interface</th><th>address</th><th>MTU</th></tr>
${rows.join('')}</table>
<ul>
<li><a href="/bytes/1000">/bytes/1000</a>: so many octets of a known pattern; any number will do</li>
<li><a href="/headers">/headers</a>: your request as it came</li>
</ul>
</body>
</html>
`
  }
}

const failure = (status: 404 | 405 | Refusal): Answer => ({
  status,
  type: PLAIN,
  body: fromAscii(`${status} ${REASONS[status]}\n`),
})
