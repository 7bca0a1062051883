/** The messages that make a call, from what its machine knows: RFC 2637 §2.7 to §2.11. */
import type * as Pptp from '../wire/pptp.ts'
import type { DialOptions, LineFacts, RingOptions, TunnelConfig } from './types.ts'

/** Of a reply or notification. */
export interface Codes {
  readonly resultCode: number
  readonly errorCode: number
  readonly causeCode: number
}
export const NO_CODES: Codes = { resultCode: 0, errorCode: 0, causeCode: 0 }

export const outgoingCallRequest = (
  callId: number,
  callSerialNumber: number,
  dial: DialOptions,
  { receiveWindow, processingDelay }: TunnelConfig,
): Pptp.Message => ({
  type: 'outgoing-call-request',
  callId,
  callSerialNumber,
  ...dial,
  packetRecvWindowSize: receiveWindow,
  packetProcessingDelay: processingDelay,
  phoneNumberLength: dial.phoneNumber.length,
})

export const outgoingCallReply = (
  callId: number,
  peerCallId: number,
  codes: Codes,
  { connectSpeed, physicalChannelId, processingDelay }: LineFacts,
  tunnel: TunnelConfig,
): Pptp.Message => ({
  type: 'outgoing-call-reply',
  callId,
  peerCallId,
  ...codes,
  connectSpeed,
  packetRecvWindowSize: tunnel.receiveWindow,
  packetProcessingDelay: processingDelay ?? tunnel.processingDelay,
  physicalChannelId,
})

export const incomingCallRequest = (callId: number, callSerialNumber: number, ring: RingOptions): Pptp.Message => {
  const { dialedNumber, dialingNumber, subaddress, bearerType, physicalChannelId } = ring
  return {
    type: 'incoming-call-request',
    callId,
    callSerialNumber,
    callBearerType: bearerType,
    physicalChannelId,
    dialedNumberLength: dialedNumber.length,
    dialingNumberLength: dialingNumber.length,
    dialedNumber,
    dialingNumber,
    subaddress,
  }
}

export const incomingCallReply = (
  callId: number,
  peerCallId: number,
  { resultCode, errorCode }: Codes,
  { receiveWindow, processingDelay }: TunnelConfig,
): Pptp.Message => ({
  type: 'incoming-call-reply',
  callId,
  peerCallId,
  resultCode,
  errorCode,
  packetRecvWindowSize: receiveWindow,
  packetTransmitDelay: processingDelay,
})

export const incomingCallConnected = (
  peerCallId: number,
  { connectSpeed, framingType, processingDelay }: LineFacts,
  tunnel: TunnelConfig,
): Pptp.Message => ({
  type: 'incoming-call-connected',
  peerCallId,
  connectSpeed,
  packetRecvWindowSize: tunnel.receiveWindow,
  packetTransmitDelay: processingDelay ?? tunnel.processingDelay,
  framingType,
})
