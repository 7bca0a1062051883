/** SHA-1 and MD5 in one place: the first is ours, the second comes from @noble/hashes, which nothing else imports. */
import { md5 as nobleMd5 } from '@noble/hashes/legacy.js'

export { sha1 } from './sha1.ts'
export const md5 = (bytes: Uint8Array): Uint8Array => nobleMd5(bytes)
