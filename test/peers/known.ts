/**
 * Cases that are known not to pass yet, each with the reason. They do not fail the run; but one that is listed here and
 * passes does, so that the list cannot go stale. Today there is none.
 */
export const KNOWN: Readonly<Record<string, string>> = {}
