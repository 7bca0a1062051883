export const KINDS = {}
export const REASONS = []
