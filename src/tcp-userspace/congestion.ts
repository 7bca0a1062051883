/**
 * The interface of congestion control: how much may be in flight (RFC 5681). When something was lost, and what is sent
 * again then, is decided in recovery.ts and is the same for all of them.
 *
 * To write your own, implement `CongestionControl` and give a function that makes one as the option `congestion`.
 */
import { Cubic } from './cubic.ts'
import { NewReno } from './new-reno.ts'

/** What a controller may know of its connection; the values may change. */
export interface Flow {
  /** SMSS: octets of text in a full segment. */
  readonly mss: number
}

export interface CongestionControl {
  /** Congestion window in octets, at least one segment. */
  readonly cwnd: number
  /** Slow start threshold in octets. */
  readonly ssthresh: number
  /**
   * `acked` octets have been acknowledged for the first time, `inFlight` were in flight before that. Not called during
   * fast recovery, nor while the window is larger than what there is to send. In slow start `acked` is no more than what
   * one acknowledgment may open the window by (RFC 5681 §3.1, RFC 3465).
   */
  onAck(acked: number, inFlight: number, srtt: number | undefined, now: number): void
  /** A segment was lost, as acknowledgments of later ones tell; called once for each window of data. */
  onLoss(inFlight: number, now: number): void
  /** Nothing had been lost when `onLoss` was last called: what it has taken may be given back. */
  undo?(): void
  /** The retransmission timer ran out; called once for each segment that it ran out for. */
  onTimeout(inFlight: number, now: number): void
  /** Nothing was sent for a whole timeout (RFC 5681 §4.1). */
  onIdle(): void
}

/** `initialWindow` in octets. */
export type CongestionFactory = (flow: Flow, initialWindow: number) => CongestionControl

export const CONGESTION: Readonly<Record<'new-reno' | 'cubic', CongestionFactory>> = {
  'new-reno': (flow, initialWindow) => new NewReno(flow, initialWindow),
  cubic: (flow, initialWindow) => new Cubic(flow, initialWindow),
}

/** RFC 6928 §2: as many segments as the profile says, but no more than ten of 1460 octets, or two larger ones. */
export const initialWindow = (mss: number, segments: number): number =>
  Math.min(segments * mss, Math.max(2 * mss, segments * 1460))
