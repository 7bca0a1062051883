/** A page of SVG 1.1 in cells of a grid: texts told their length, whatever the font; chips, lines, and the style of all. */

/** A cell, and a character in it, in pixels. */
export const CELL = { width: 7.6, height: 20 }
export const CHARACTER = 7.4
const TITLE_CHARACTER = 9.2
const MARGIN = 20
export const px = (value: number): string => String(Number(value.toFixed(2)))
/** Characters that XML does not have at all are taken away. */
export const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

export const textAt = (x: number, row: number, text: string, role: string): string =>
  `<text class="${role}" x="${px(x * CELL.width)}" y="${px((row + 0.5) * CELL.height)}" textLength="${px(
    [...text].length * (role === 'title' ? TITLE_CHARACTER : CHARACTER),
  )}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`

/** Parts below each other, in cells. */
export class Page {
  readonly columns: number
  readonly #parts: string[] = []
  #row = 0

  constructor(columns: number) {
    this.columns = columns
  }

  row(): this {
    this.#row++
    return this
  }
  skip(rows: number): void {
    this.#row += rows
  }
  text(x: number, text: string, role: string): void {
    this.#parts.push(textAt(x, this.#row, text, role))
  }
  /** Marks that reckon from the row at which the page is. */
  put(rows: number, marks: readonly string[]): void {
    this.#parts.push(`<g transform="translate(0 ${px(this.#row * CELL.height)})">`, ...marks, '</g>')
    this.#row += rows
  }
  /** A line from column to column through the middle of the row. */
  line(x: number, length: number, classes: readonly string[]): void {
    const [from, to] = [x * CELL.width, (x + length) * CELL.width]
    const y = px((this.#row + 0.5) * CELL.height)
    for (const name of classes) this.#parts.push(`<path class="${name}" d="M${px(from)} ${y}H${px(to)}"/>`)
  }
  chip(x: number, text: string, stops = false): void {
    const [left, width] = [(x - 0.7) * CELL.width, (text.length + 1.4) * CELL.width]
    this.#parts.push(
      `<rect class="chip${stops ? ' stops' : ''}" x="${px(left)}" y="${px(this.#row * CELL.height + 1)}" width="${px(width)}" height="${CELL.height - 2}" rx="5"/>`,
    )
    this.text(x, text, stops ? 'name says-none' : 'name')
  }

  /** `style`: of marks that only this picture has. */
  svg(title: string, description: string, style = ''): string {
    const [width, height] = [this.columns * CELL.width, (this.#row + 1) * CELL.height]
    const [w, h] = [px(width + 2 * MARGIN), px(height + 2 * MARGIN)]
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${STYLE}${style}</style>
<rect class="page" width="100%" height="100%" rx="8"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${this.#parts.join('\n')}
</g>
</svg>
`
  }
}

/** Colours say what words say too: green is protected, orange clear, red refused, violet not known. */
export const STYLE = `
svg{--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#818b98;--box:#f6f8fa;--frame:#57606a;--protected:#1a7f37;--clear:#bc4c00;--none:#cf222e;--open:#8250df;--client:#ddf4ff;--server:#dafbe1;--router:#f6f8fa;--switch:#eaeef2;--host:#fff8c5}
@media(prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--muted:#9198a1;--line:#768390;--box:#161b22;--frame:#9198a1;--protected:#3fb950;--clear:#f0883e;--none:#ff7b72;--open:#bc8cff;--client:#10263d;--server:#12281b;--router:#161b22;--switch:#21262d;--host:#2b2611}}
text{font:12.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);dominant-baseline:central;white-space:pre}
.page{fill:var(--page)}.title{font-weight:bold;font-size:15px}.name{font-weight:bold}.muted,.end,.network{fill:var(--muted)}.fault{fill:var(--none)}
.box{fill:var(--box);stroke:var(--frame);stroke-width:1.5}.client{fill:var(--client)}.pptp-server{fill:var(--server)}.router{fill:var(--router)}.switch{fill:var(--switch)}.host,.radius{fill:var(--host)}.outside{stroke-dasharray:5 3}.stops{stroke:var(--none);stroke-width:2}
.chip{fill:var(--box);stroke:var(--frame)}.chip.stops{stroke:var(--none)}.pill{fill:var(--page);stroke-width:1.5}.mixed{stroke:var(--frame)}
path{fill:none}.plain,.leg{stroke:var(--line);stroke-width:2;stroke-linecap:square}.leg{stroke:var(--clear)}.serial{stroke:var(--line);stroke-width:1.5;stroke-dasharray:5 4}
.tube{stroke-width:8;stroke-linecap:square}.bore{stroke:var(--page);stroke-width:4;stroke-linecap:square}.broken{stroke-linecap:butt;stroke-dasharray:9 6}.hit{stroke:#000;stroke-opacity:0;stroke-width:14}
.protected{stroke:var(--protected)}.clear{stroke:var(--clear)}.none{stroke:var(--none)}.open{stroke:var(--open)}
.flat{stroke-linecap:butt}.says-protected{fill:var(--protected)}.says-clear{fill:var(--clear)}.says-none{fill:var(--none)}.says-open{fill:var(--open)}
`
