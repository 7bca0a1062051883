/**
 * Reads an HTTP request, as it comes in pieces: RFC 1945 §5, and what appendix B asks a tolerant server to accept.
 *
 *     GET /bytes/100 HTTP/1.0 CRLF       Method SP Request-URI SP HTTP-Version
 *     Host: 10.77.0.1 CRLF               header fields; one that begins with a blank continues the one before it
 *     CRLF                               the end
 *
 * A request line without a version is a Simple-Request of HTTP/0.9, and ends with its line. Of an HTTP/1.1 request
 * nothing more is needed than HTTP/1.0 knows.
 *
 * Limits: an entity body is not read.
 */
import { toLatin1 } from '../base/bytes.ts'

/** Octets of the request line, of another line, and of all lines together. */
const LONGEST_REQUEST_LINE = 2048
const LONGEST_LINE = 4096
const LONGEST_HEADER = 16_384

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const REQUEST_LINE = new RegExp(`^(${TOKEN})[ \\t]+([!-~]+)(?:[ \\t]+(HTTP/\\d+\\.\\d+))?[ \\t]*$`)
const FIELD = new RegExp(`^${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*$`)
const CONTINUATION = /^[ \t][\t\x20-\x7e\x80-\xff]*$/

export interface HttpRequest {
  readonly method: string
  /** The path of the Request-URI, decoded, without its query. */
  readonly path: string
  /** A Simple-Request: the answer is the entity body alone (§6). */
  readonly simple: boolean
  /** All of it as it came, the empty line at the end included; one character an octet. */
  readonly text: string
}

/** The status of the answer to what is no request, or too long a one. */
export type Refusal = 400 | 414 | 431

export class HttpRequestReader {
  #text = ''
  #line = ''
  #first: Omit<HttpRequest, 'text'> | undefined
  #fields = 0

  /** The request, when this was the end of it; undefined while more has to come. */
  push(bytes: Uint8Array): HttpRequest | Refusal | undefined {
    for (const character of toLatin1(bytes)) {
      this.#line += character
      const done = this.#tooLong() ?? (character === '\n' ? this.#endOfLine() : undefined)
      if (done !== undefined) return done
    }
    return undefined
  }

  #tooLong(): Refusal | undefined {
    if (!this.#first) return this.#line.length > LONGEST_REQUEST_LINE ? 414 : undefined
    const all = this.#text.length + this.#line.length
    return this.#line.length > LONGEST_LINE || all > LONGEST_HEADER ? 431 : undefined
  }

  /** Appendix B: LF alone ends a line too. */
  #endOfLine(): HttpRequest | Refusal | undefined {
    const line = this.#line.replace(/\r?\n$/, '')
    this.#text += this.#line
    this.#line = ''
    if (!this.#first) return this.#requestLine(line)
    if (line === '') return { ...this.#first, text: this.#text }
    if (!FIELD.test(line) && !(this.#fields > 0 && CONTINUATION.test(line))) return 400
    this.#fields++
    return undefined
  }

  #requestLine(line: string): HttpRequest | Refusal | undefined {
    const match = REQUEST_LINE.exec(line)
    const path = match && pathOf(match[2])
    if (!match || path === undefined || path === null) return 400
    const [, method, , version] = match
    const simple = version === undefined
    if (simple && method !== 'GET') return 400
    this.#first = { method, path, simple }
    return simple ? { ...this.#first, text: this.#text } : undefined
  }
}

/** §5.1.2: an absolute path, or an absolute URI as one sends it to a proxy, with `%` escapes. */
function pathOf(uri: string): string | undefined {
  const path = /^(?:http:\/\/[^/?#]*)?(\/[^?#]*)/i.exec(uri)?.[1]
  if (path === undefined || /%(?![0-9a-f]{2})/i.test(path)) return undefined
  return path.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
