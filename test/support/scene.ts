/** A shipped lab, and one recorded up to a moment. */
import assert from 'node:assert/strict'
import { type Lab, load, type Override, Recorder, type RecorderLimits, Run } from '../../src/index.ts'
import { shippedText } from './shipped.ts'

export function labNamed(name: string, overrides: readonly Override[] = []): Lab {
  const loaded = load(shippedText(name), name, overrides)
  assert.ok(loaded.ok)
  return loaded.lab
}

export function recorded(
  name: string,
  seconds: number,
  overrides: readonly Override[] = [],
  limits?: RecorderLimits,
): Recorder {
  const recorder = new Recorder(new Run(labNamed(name, overrides)), limits)
  if (seconds >= 0) recorder.run.advanceTo(seconds * 1e9)
  return recorder
}
