/**
 * Who decides whether a peer is who it says it is and may come in: the list of users here, or a server elsewhere, which
 * takes its time. The exchange of packets (pap.ts, chap-authenticator.ts) hands over a proof and is told a verdict.
 */
import { concat, equal, fromAscii } from '../base/bytes.ts'
import { md5 } from '../crypto/hash.ts'
import * as Chap from '../wire/chap.ts'
import { secretOf } from './auth.ts'
import type { PppEnd } from './config.ts'
import type { MppeKeys } from './keys.ts'
import { getMasterKey } from './mppe-keys.ts'
import { lmPasswordHash } from './mschap.ts'
import {
  challengeResponse,
  generateAuthenticatorResponse,
  generateNtResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from './mschapv2.ts'

/** The error codes of a Failure: RFC 2433 §7, RFC 2759 §6. */
export const AUTH_ERRORS = {
  646: 'The account may not be used at this time of day.',
  647: 'The account is disabled.',
  648: 'The password has expired.',
  649: 'The account has no permission to dial in.',
  691: 'User name or password is wrong.',
  709: 'The password could not be changed.',
} as const
export type AuthError = keyof typeof AUTH_ERRORS

export type Proof = PapProof | ChapProof

export interface PapProof {
  readonly method: 'pap'
  readonly user: string
  readonly password: Uint8Array
}
export interface ChapProof {
  readonly method: 'chap-md5' | 'ms-chap' | 'ms-chap-v2'
  readonly user: string
  /** Of the Response. */
  readonly id: number
  readonly challenge: Uint8Array
  /** The value of the Response as it came. */
  readonly response: Uint8Array
}

export type Verdict = Granted | Denied
export interface Granted {
  readonly granted: true
  /** What the peer is told; absent: the usual words. */
  readonly message?: string
  /** `S=` and forty digits, which MS-CHAPv2 needs: RFC 2759 §5. */
  readonly authenticatorResponse?: string
  readonly keys?: MppeKeys
}
export interface Denied {
  readonly granted: false
  readonly error: AuthError
  /** What the peer is told; absent: the usual words. */
  readonly message?: string
  /** May the peer try again, if tries are left? Absent: after a wrong password (691) only. */
  readonly retry?: boolean
  /** Why, for ourselves; absent: the sentence of the error. */
  readonly detail?: string
}

/** Calls `decide` once, at once or later. The bytes of the proof are the judge's to keep. */
export type Judge = (proof: Proof, decide: (verdict: Verdict) => void) => void

/** The users whose secrets are known here. */
export interface Users {
  secretOf(user: string): string | undefined
  /** Why a user whose proof is good may not come in all the same. */
  refusalOf?(user: string): AuthError | undefined
}

/** Judges at once. */
export const localJudge =
  (users: Users): Judge =>
  (proof, decide) => {
    const secret = secretOf(user => users.secretOf(user), proof.user)
    const granted = secret === undefined ? undefined : check(proof, secret)
    const error = granted ? users.refusalOf?.(proof.user) : 691
    decide(granted && error === undefined ? granted : { granted: false, error: error ?? 691 })
  }

/** Undefined: the proof is wrong. */
function check(proof: Proof, secret: string): Granted | undefined {
  switch (proof.method) {
    case 'pap':
      return equal(proof.password, fromAscii(secret)) ? { granted: true } : undefined
    case 'chap-md5':
      return equal(proof.response, md5Response(proof.id, secret, proof.challenge)) ? { granted: true } : undefined
    case 'ms-chap':
      return checkMsChap(proof, secret)
    case 'ms-chap-v2':
      return checkMsChapV2(proof, secret)
  }
}

/** RFC 1994 §4.1: hash of identifier, secret and challenge. */
export const md5Response = (id: number, secret: string, challenge: Uint8Array): Uint8Array =>
  md5(concat(Uint8Array.of(id), fromAscii(secret), challenge))

/** RFC 2433 §5: only the Windows NT response counts; the LAN Manager response is too weak to be believed. */
function checkMsChap({ challenge, response }: ChapProof, secret: string): Granted | undefined {
  const read = Chap.readMsChapResponse(response)
  if (!read?.useNtResponse) return undefined
  if (!equal(read.ntResponse, challengeResponse(challenge, ntPasswordHash(secret)))) return undefined
  return { granted: true, keys: msChapKeys(challenge, secret) }
}

export const msChapKeys = (challenge: Uint8Array, password: string): MppeKeys => ({
  method: 'ms-chap',
  challenge: challenge.slice(),
  passwordHashHash: hashNtPasswordHash(ntPasswordHash(password)),
  lmPasswordHash: lmPasswordHash(password).slice(0, 8),
})

function checkMsChapV2({ user, challenge, response }: ChapProof, secret: string): Granted | undefined {
  const read = Chap.readMsChapV2Response(response)
  if (!read) return undefined
  const { ntResponse, peerChallenge } = read
  if (!equal(ntResponse, generateNtResponse(challenge, peerChallenge, user, secret))) return undefined
  return {
    granted: true,
    authenticatorResponse: generateAuthenticatorResponse(secret, ntResponse, peerChallenge, challenge, user),
    keys: msChapV2Keys(secret, ntResponse, true),
  }
}

/** RFC 3079 §3.4 */
export const msChapV2Keys = (password: string, ntResponse: Uint8Array, isServer: boolean): MppeKeys => ({
  method: 'ms-chap-v2',
  masterKey: getMasterKey(hashNtPasswordHash(ntPasswordHash(password)), ntResponse),
  isServer,
})

/** Why a peer was refused, for this side. */
export function refusal(user: string, { error, detail }: Denied): PppEnd {
  const sentence =
    error === 691
      ? `The peer did not prove that it knows the password of user "${user}".`
      : `User "${user}" is refused with error ${error}: ${AUTH_ERRORS[error]}`
  return { reason: 'auth-failed', layer: 'auth', detail: detail ?? sentence, tries: 0 }
}
