/** What a line of a log means, for those who have never read one: a closed table, the first that fits. */
import { WINDOWS, type WindowsCode } from './failures.ts'
import type { LogLine } from './peer-log.ts'

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^sent \[LCP ConfReq/, 'This side says how it wants the PPP link to be.'],
  [/^rcvd \[LCP ConfReq/, 'The other side says how it wants the PPP link to be.'],
  [
    /\[CCP ConfReq .*<mppe/,
    'MPPE is offered: +H a new key for each packet, +S 128 bits, +M 56, +L 40; + is asked for, - is not.',
  ],
  [/\[IPCP ConfReq .*addr 0\.0\.0\.0/, 'No address is known yet, so 0.0.0.0 asks for one.'],
  [/\[IPCP ConfNak/, 'Take this address instead: this is how a server hands one out.'],
  [/\[\w+ ConfReq/, 'Values are asked for; the other side accepts, corrects or refuses them.'],
  [/\[\w+ ConfAck/, 'Everything in that request is accepted.'],
  [/\[\w+ ConfNak/, 'Another value is wanted: ask again with this one.'],
  [/\[\w+ ConfRej/, 'These options are not known or not wanted: ask again without them.'],
  [/\[CHAP Challenge/, 'Prove who you are: work your password into this random value.'],
  [/\[CHAP Response/, 'The password has been worked into the challenge; it does not stand in it.'],
  [/\[CHAP Success/, 'The password is right. S= proves that the server knows it too.'],
  [
    /\[CHAP Failure .*E=691/,
    'E=691 is the code of MS-CHAP for a wrong password or an unknown user; R= says if another try is allowed.',
  ],
  [/\[CHAP Failure/, 'The proof was not accepted; E= is the code of Windows for it.'],
  [/\[PAP AuthReq/, 'User and password go as they are: who listens can read them. The log alone hides them.'],
  [/\[PAP Auth/, 'What has come of user and password.'],
  [/\[LCP TermReq/, 'The link is to end; the words in quotes say why.'],
  [/\[LCP TermAck/, 'Agreed: the link ends.'],
  [/\[LCP Echo/, 'Is the other side still there? It has to answer.'],
  [/\[LCP ProtRej/, 'That protocol is not spoken here; its number leads the octets.'],
  [/\[CCP Reset/, 'A packet was lost, and the key does not fit any more: begin anew.'],
  [/^Using interface|^Connect:/, 'pppd begins: its frames go to the other program by a pseudo-terminal.'],
  [/^local {2}IP address/, 'The address of this end inside of the tunnel.'],
  [/^remote IP address/, 'The address of the other end inside of the tunnel.'],
  [/^MPPE .* enabled/, 'From now on data is sealed. pppd calls it compression, since CCP agrees on it.'],
  [/^MPPE disabled/, 'The link is to end, and encryption with it.'],
  [/^MPPE required/, 'This side must not send in clear, and the other does not encrypt.'],
  [/authentication succeeded/, 'The other side accepts who this is.'],
  [/authorized$/, 'The server lets the caller in; the number is the address that it calls from.'],
  [/authentication failed|failed CHAP authentication/, 'The password is wrong, or the user is not known.'],
  [/^LCP terminated by peer/, 'The other side has ended the link; its words stand in brackets.'],
  [
    /timeout sending Config-Requests/,
    'Ten requests, three seconds apart, and no answer: what is sent does not arrive, or the answers do not.',
  ],
  [/^No response to \d+ echo-requests|^Serial link appears/, 'Whoever was there answers no longer.'],
  [/^Serial line is looped back/, 'What this side sends comes back to it.'],
  [
    /^Modem hangup/,
    'What carried the frames is gone: the call or the line. There is no modem in a tunnel, but the word has stayed.',
  ],
  [/^Connection terminated/, 'pppd has ended this session.'],
  [/^Terminating on signal 15/, 'The user has asked pppd to end.'],
  [/^Connect time/, 'How long the session has lasted.'],
  [/^Unsupported protocol|^Protocol-Reject for/, 'One side speaks a protocol that the other does not.'],
  [/^peer refused to authenticate/, 'The other side does not want to prove who it is.'],
  [/type is 1 |\(type: 1\)/, 'Control message 1, Start-Control-Connection-Request: may we talk?'],
  [/type is 7 |\(type: 7\)/, 'Control message 7, Outgoing-Call-Request: a call, please.'],
  [/type is 12 |\(type: 12\)/, 'Control message 12, Call-Clear-Request: the call is to end.'],
  [/type is 3 |\(type: 3\)/, 'Control message 3, Stop-Control-Connection-Request: we have nothing more to say.'],
  [
    /type is 15 |\(type: 15\)|SET LINK INFO/,
    'Control message 15, Set-Link-Info: which octets to escape on a telephone line. A tunnel has none.',
  ],
  [/\(type: 5\)|ECHO RPLY|Echo Reply/, 'Control messages 5 and 6: is the other side still there?'],
  [
    /Received Start Control Connection Reply|Client connection established|START CTRL CONN RPLY/,
    'The server has answered: both speak the same version.',
  ],
  [/Received Outgoing Call Reply|OUT CALL RPLY/, 'The server has taken the call and given it a number of its own.'],
  [
    /call established \(call ID/,
    'Both numbers of the call: GRE packets to this side bear the first, those to the other side the second.',
  ],
  [/has not been accepted/, 'The server does not take the call.'],
  [
    /maxbps/,
    'The fastest line that the client asks for, and how many packets may be on their way to it unacknowledged.',
  ],
  [/launching pppd/, 'The server starts a pppd for this call.'],
  [/Call disconnect notification|CALL DISCONNECT|CALL CLR/, 'The call is over.'],
  [/Result code is/, 'Result, error and cause as in RFC 2637.'],
  [/missing echo reply/, 'An Echo-Request has had no answer for a minute: the control connection is given up.'],
  [/connect: Connection refused/, 'The machine is there, and nothing listens at TCP port 1723.'],
  [/connect: Connection timed out/, 'Nobody answers at TCP port 1723: it is filtered, or the machine is off.'],
  [/connect: No route to host/, 'A router says that it does not know the way.'],
  [/read returned zero/, 'The other side has closed the TCP connection.'],
  [
    /Closing connection|Could not open|manager exited|Exiting|control connection finished/,
    'The control connection ends, and every call with it.',
  ],
  [/control connection started|Launching/, 'Somebody has opened TCP port 1723; a process of its own looks after him.'],
  [/I wrote|Sent packet/, 'The message is on its way.'],
  [/STOP CTRL|Stop Control/, 'The control connection is to end.'],
  [/Control Message|CTRL: Made a|control packet type/, 'A control message, by its number or its name in RFC 2637.'],
  [/^Remote message/, 'What the other side says to people.'],
  [/lack of activity/, 'Nothing has passed for as long as the server allows.'],
  [/^send \(ATDT/, 'chat tells the modem to dial: AT, D for dial, T for tones.'],
  [/^expect|got it/, 'chat waits for this word of the modem.'],
  [/^CONNECT/, 'The modems hear each other; the number is the speed.'],
  [/^RING/, 'Somebody calls.'],
  [/^BUSY/, 'The line that was called is busy.'],
  [/^NO CARRIER/, 'The other modem is not heard any longer, or never was.'],
  [/[Ss]cript failed|^Failed \(/, 'The modem said a word that ends the dialling.'],
]

const NAS = 'What the access server says and hears, in words of ours.'

/** One or two sentences; undefined: the line says it itself. */
export function logMeaning({ program, text }: Pick<LogLine, 'program' | 'text'>): string | undefined {
  if (program === 'nas') return NAS
  if (program === 'windows') {
    const number = Number(/^error (\d+)/.exec(text)?.[1])
    const [symbol] = WINDOWS[number as WindowsCode] ?? []
    return symbol === undefined ? undefined : `ERROR_${symbol}: what Windows shows for this failure.`
  }
  return MEANINGS.find(([words]) => words.test(text))?.[1]
}
