/** The pictures of the shipped labs, docs/labs/pictures: each is what `pptp-lab graph LAB --format svg` says. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { graphSvg, type Lab, load, renderIssues } from '../../src/index.ts'
import { rootPath } from './root.ts'
import { shippedText } from './shipped.ts'

export const PICTURES = 'docs/labs/pictures'

export function shippedLab(name: string): Lab {
  const loaded = load(shippedText(name), name, [], wanted => {
    const path = rootPath(`topologies/${wanted}`)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  })
  assert.ok(loaded.ok, loaded.ok ? '' : renderIssues(loaded.issues))
  return loaded.lab
}

export const pictureOfShipped = (name: string): string => graphSvg(shippedLab(name))
