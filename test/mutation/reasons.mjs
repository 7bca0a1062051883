// Why no test notices a mutant, for survivors.mjs.

export const KINDS = {
  same: 'nothing changes: what was changed never decides, or is overwritten before it is read',
  types: 'there for the compiler; the other case cannot come',
  work: 'saves work or memory only; the longer way has the same result',
  instant: 'differs only when two moments, or two lengths, are exactly the same',
  untested: 'a test is missing',
}

/** File, kind, why, and the places: a part of the line, or [part of the line, what stands there, what it becomes]. */
export const REASONS = [
  [
    'black-hole',
    'untested',
    'less than a full segment of progress while full ones are tried again',
    'diff(una, this.#since) >= mss',
  ],

  [
    'connection',
    'work',
    'a reader that does not wait gets what is held, which is nothing',
    'if (!this.receiver.paused) return',
  ],
  [
    'connection',
    'work',
    'the event delivers at its end all the same',
    'if (this.busy) return',
    ['this.busy = true', 'true', 'false'],
  ],
  ['connection', 'same', 'FIN is queued already, and its state has no way by CLOSE', 'if (this.sender.fin) return'],
  ['connection', 'same', 'SYN-RECEIVED has no way by CLOSE and sends nothing', "case 'syn-received': // FIN"],
  [
    'connection',
    'work',
    'only a SYN has those options, and nobody reads them later',
    'this.host.options.readSyn(bytes, at)',
  ],

  ['delivery', 'untested', 'a second FIN at another place', 'receiver.finSeq === undefined'],
  ['delivery', 'same', '`deliver` tells it at the end of the event', 'if (tcb.receiver.held === 0 && tcb.endTold)'],

  ['keep-alive', 'work', 'the timer is set anew for every segment', 'if (this.#probes === 0)'],

  ['opening', 'types', 'it is called in these states only', "if (standing.state !== 'syn-sent' && standing.state"],
  [
    'opening',
    'types',
    'only SYN-RECEIVED has a listener',
    "if (standing.state === 'syn-received' && standing.listener)",
  ],
  ['opening', 'same', 'CLOSED has no way by CLOSE', "if (tcb.state === 'established' && sender.fin)"],

  [
    'recovery',
    'same',
    'set before it is read',
    'sack = false',
    'front = false',
    '#copies: Copy[] = []',
    '#probeAgain = false',
  ],
  ['recovery', 'same', 'set before it is read', '#rescued = false', '#pipeKnown = false'],
  [
    'recovery',
    'types',
    'a controller is there from the handshake on, and before it nothing of this is called',
    'if (congestion === undefined) return 0',
    'if (!congestion) return',
    ['this.#congestion?.on', 'this.#congestion?.onLoss'],
    ['this.#congestion?.on', 'this.#congestion?.onTimeout'],
    ['this.#congestion?.on', 'this.#congestion?.onIdle'],
    ['this.#congestion?.undo', 'this.#congestion?.undo'],
  ],
  [
    'recovery',
    'work',
    'the pipe is counted anew instead of kept, or the short cut for a connection without losses is not taken',
    'const pipe =',
    'if (!this.#pipeKnown)',
    'this.#pipeKnown = true',
    'if (this.#pipeKnown) this.#pipe',
    'this.#board === undefined || this.#board.octets === 0',
  ],
  [
    'recovery',
    'work',
    'copies that nobody asks for: the list is emptied when a recovery begins',
    "if (this.sack && this.phase !== 'open') this.#copies.push",
  ],
  [
    'recovery',
    'same',
    '#lostAgain asks the same',
    'if (this.#copies.length > 0 && this.#lostAgain())',
    "if (this.phase !== 'open' && this.#copies.length > 0",
  ],
  [
    'recovery',
    'same',
    'without blocks there is no highest octet, and what is compared with none was not overtaken',
    'const highest =',
    'if (board && board.octets > 0) this.#overtaken',
  ],
  ['recovery', 'same', 'no probe: nothing is forgotten', 'if (this.#probeEnd !== undefined && leq'],
  [
    'recovery',
    'untested',
    'the second of two copies lost again, sent between the first and its loss',
    'this.#copies[0].nxt, this.#reduced',
  ],
  [
    'recovery',
    'same',
    'a recovery by the timer has nothing unproven',
    ["if (this.phase === 'fast') this.phase = 'open'", undefined, 'true'],
  ],
  [
    'recovery',
    'same',
    'what was not overtaken gives a smaller number than the one known',
    'if (!lt(seq, highest)) return',
  ],
  ['recovery', 'same', 'without blocks nothing lies below them', 'return this.sacked > 0 &&'],
  [
    'recovery',
    'same',
    'after a timeout more is in flight than the window of one segment',
    "if (used >= cwnd || this.phase === 'timeout')",
  ],
  [
    'recovery',
    'same',
    'asked for only in a recovery, or when nothing is known to be lost',
    "if (this.phase === 'open' || this.allowance",
  ],
  [
    'recovery',
    'untested',
    'how much a loss that a probe has repaired takes: all that is in flight is acknowledged then, in the tests',
    ['if (!seen)', 'Math.min(flight, this.cwnd)'],
  ],
  ['recovery', 'untested', 'fast recovery without blocks left', 'board.octets === 0 || this.allowance'],

  [
    'scoreboard',
    'same',
    'blocks of the segment before are not in flight any more, or known',
    'for (let n = 0; n < blocks; n++)',
  ],
  ['scoreboard', 'same', 'beyond the last range nothing is counted', 'for (let at = count - 1; at >= 0; at--)'],
  [
    'scoreboard',
    'types',
    'it is asked for with blocks only, and there is a hole below the last one',
    'const below =',
    'const bottom =',
    'return bottom !== undefined',
  ],

  ['stack', 'same', 'nothing can be taken from `true`', "typeof keepAlive === 'object'"],
  ['stack', 'types', 'the list of a listener is there', ['this.#listeners.get(port) ?? []', '[]']],
  ['stack', 'work', 'a bucket without a connection stays', 'if (connection.next) this.#table.set'],
  ['stack', 'types', 'the connection is in its chain', 'if (at) at.next = connection.next'],
  ['stack', 'work', 'the first port is asked for twice', 'for (let n = 0; n < count; n++)'],
  [
    'stack',
    'same',
    'endpoints that differ in one number only do not share a bucket',
    'c.remote.port === remotePort && c.local.port',
  ],

  ['tcb', 'same', 'set before it is read', 'busy = false'],
  ['tcb', 'types', 'by a cause alone no way leads into these two states', "if (to && to !== 'syn-sent'"],
  ['tcb', 'types', 'only SYN-RECEIVED has a listener', "if (before.state === 'syn-received' && before.listener)"],

  [
    'timeouts',
    'instant',
    'a segment of exactly 536 octets',
    ['tcb.sender.front() > DEFAULT_MSS', undefined, 'tcb.sender.front() >= DEFAULT_MSS'],
  ],
  ['timeouts', 'untested', 'a probe that begins a retransmission', 'if (timers.set(tcb.sender))'],

  ['timestamps', 'instant', 'at 24 days of silence, or after as many of the connection', 'this.#recentAt <= OUTDATED'],
  ['sack', 'same', 'a place without a segment is in no stretch', '#recent: number[]', 'this.#recent.length > MOST'],
  ['recovery', 'untested', 'a probe in a recovery with two segments in flight', 'return this.sack && this.phase'],
  [
    'stack',
    'untested',
    'the runs so far had no test in which the option is absent',
    'tailLossProbe: options.tailLossProbe',
  ],
  ['stack', 'types', 'the connection is in its chain', 'while (at && at.next !== connection)'],

  ['checksum', 'work', 'both ways to add give the same sum', 'WORTHWHILE) return sumOctets', 'at < fours', '~3'],

  ['options', 'same', 'set before it is read', 'windowScale = -1', 'sackPermitted = false', 'timestamps = false'],
  [
    'options',
    'work',
    'timestamps in the usual form are found by the loop over all options as well',
    'this.timestamps = end === o',
    'if (this.timestamps) {',
    'else if (end > o)',
  ],
  [
    'options',
    'same',
    'no option begins with the last octet or behind it',
    'o < end;',
    'const length = o + 1 < end ?',
  ],
  ['options', 'same', 'what lies beyond the number of blocks is not read', 'n < this.blocks'],
  ['options', 'same', 'the last step leads nowhere', 'b[o++] = offer.windowScale'],

  ['ranges', 'same', 'what lies behind the last stretch compares as equal', 'from.length > 0 &&', 'at < from.length &&'],

  ['segment', 'same', 'an option of one octet has no length, and a length of none is wrong', 'if (at + 1 >= end) return 0'],
  ['segment', 'same', 'two octets more are half a block more, which is rounded down', 'length: (size - 2) / 8'],

  ['siphash', 'instant', 'a sum of exactly 2^32 - 1', 'low > 0xffff_ffff'],
  ['siphash', 'same', 'there is no ninth word', 'n < 8'],
  ['siphash', 'same', 'no word is as good as zero', 'pairs < words.length'],
]
