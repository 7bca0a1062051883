/** The state of a connection in one piece, as Linux tells it in TCP_INFO. */
import type { Tcb } from './tcb.ts'
import type { TcpInfo } from './types.ts'

export function infoOf(connection: Tcb): TcpInfo {
  const { sender, receiver, recovery, rtoClock, transmitter, timers, host } = connection
  const { delayedAck } = timers
  return {
    state: connection.state,
    sack: recovery.sack,
    timestamps: transmitter.timestamps !== undefined,
    windowScale: { send: sender.shift, receive: receiver.shift },
    rto: rtoClock.value,
    srtt: rtoClock.srtt,
    rttvar: rtoClock.rttvar,
    recovery: recovery.phase,
    cwnd: recovery.cwnd,
    ssthresh: recovery.ssthresh,
    pipe: recovery.pipe,
    sacked: recovery.sacked,
    mss: sender.mss,
    pathMtu: host.paths.mtu(connection.remote.address),
    sndWnd: sender.wnd,
    rcvWnd: receiver.wnd,
    queued: sender.queued,
    unanswered: connection.unanswered,
    retransmits: connection.retransmits,
    timeouts: recovery.timeouts,
    fastRecoveries: recovery.fastRecoveries,
    duplicatesReported: recovery.duplicatesReported,
    reordering: recovery.reordering,
    segmentsIn: connection.segmentsIn,
    segmentsOut: connection.segmentsOut,
    bytesIn: connection.bytesIn,
    bytesOut: connection.bytesOut,
    waiting: timers.waiting,
    ackDelayed: delayedAck?.pending ?? false,
    due: timers.due,
    ackDue: delayedAck?.pending ? delayedAck.due : undefined,
  }
}
