/**
 * Sequence numbers: arithmetic modulo 2^32 (RFC 9293 §3.4).
 *
 * Inside the package a sequence number is kept as a signed 32-bit integer, which V8 stores without a heap number;
 * every function takes signed and unsigned alike. `toUint32` is for those who look from outside.
 */

export const add = (a: number, n: number): number => (a + n) | 0
/** a - b, between -2^31 and 2^31 - 1: how far a is ahead of b. */
export const diff = (a: number, b: number): number => (a - b) | 0
export const lt = (a: number, b: number): boolean => ((a - b) | 0) < 0
export const leq = (a: number, b: number): boolean => ((a - b) | 0) <= 0
/** from <= a < from + length */
export const within = (a: number, from: number, length: number): boolean => (a - from) >>> 0 < length
export const max = (a: number, b: number): number => (lt(a, b) ? b : a) | 0
export const toUint32 = (a: number): number => a >>> 0
