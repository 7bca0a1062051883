/**
 * fast-check for our properties. `npm test` draws the same cases each time, so that what it says is about the change under
 * test; `npm run test:deep -- properties` draws others (docs/decisions/014-seeds-of-properties.md).
 */
import fc from 'fast-check'

const SEED = 20_261_123
const text = process.env.PPTP_LAB_SEED ?? String(SEED)
const seed = Number(text)
if (!Number.isInteger(seed)) throw new Error(`PPTP_LAB_SEED=${text} is no whole number.`)
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })

export { fc }
