/** A shipped lab, recorded up to a moment. */
import assert from 'node:assert/strict'
import { load, type Override, Recorder, type RecorderLimits, Run } from '../../src/index.ts'
import { shippedText } from './shipped.ts'

export function recorded(
  name: string,
  seconds: number,
  overrides: readonly Override[] = [],
  limits?: RecorderLimits,
): Recorder {
  const loaded = load(shippedText(name), name, overrides)
  assert.ok(loaded.ok)
  const recorder = new Recorder(new Run(loaded.lab), limits)
  if (seconds >= 0) recorder.run.advanceTo(seconds * 1e9)
  return recorder
}
