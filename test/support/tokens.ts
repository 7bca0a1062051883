/** The tokens of TypeScript source, from the compiler's own scanner: what stands in comments and strings is none. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { createScanner } from 'typescript/unstable/ast/scanner'

export interface Token {
  readonly kind: SyntaxKind
  /** As written; of a string, its value. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

/** After these a slash divides; anywhere else it begins a regular expression. */
const ENDS_VALUE = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.PrivateIdentifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.RegularExpressionLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.ThisKeyword,
])

export function tokensOf(source: string): Token[] {
  const scanner = createScanner(true)
  scanner.setText(source)
  const tokens: Token[] = []
  /** Braces open inside of each `${`. */
  const templates: number[] = []
  let line = 1
  let counted = 0
  let last: SyntaxKind | undefined
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    const inside = templates.length - 1
    if (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) {
      if (last === undefined || !ENDS_VALUE.has(last)) kind = scanner.reScanSlashToken()
    } else if (kind === SyntaxKind.TemplateHead) {
      templates.push(0)
    } else if (kind === SyntaxKind.OpenBraceToken && inside >= 0) {
      templates[inside]++
    } else if (kind === SyntaxKind.CloseBraceToken && inside >= 0) {
      if (templates[inside]-- === 0) {
        kind = scanner.reScanTemplateToken(false)
        if (kind === SyntaxKind.TemplateTail) templates.pop()
        else templates[inside] = 0
      }
    }
    const start = scanner.getTokenStart()
    for (; counted < start; counted++) if (source[counted] === '\n') line++
    tokens.push({
      kind,
      text: kind === SyntaxKind.StringLiteral ? scanner.getTokenValue() : scanner.getTokenText(),
      line,
    })
    last = kind
  }
  return tokens
}

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** Every module that the source names: import, import type, export … from, import() as call and as type. */
export function importsOf(tokens: readonly Token[]): Import[] {
  const imports: Import[] = []
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].kind !== SyntaxKind.ImportKeyword && tokens[i].kind !== SyntaxKind.ExportKeyword) continue
    const at = specifierAt(tokens, i)
    if (at !== undefined) imports.push({ specifier: tokens[at].text, line: tokens[at].line })
  }
  return imports
}

/** Index of the string that belongs to the `import` or `export` at `i`. */
function specifierAt(tokens: readonly Token[], i: number): number | undefined {
  const text = (at: number): string | undefined => tokens[at]?.text
  const string = (at: number): number | undefined => (tokens[at]?.kind === SyntaxKind.StringLiteral ? at : undefined)
  let at = i + 1
  if (tokens[i].kind === SyntaxKind.ImportKeyword) {
    if (text(at) === '(') return string(at + 1)
    if (text(at) === '.') return undefined
    if (string(at)) return at
    while (at < tokens.length && !(text(at) === 'from' && string(at + 1))) at++
    return string(at + 1)
  }
  if (text(at) === 'type') at++
  if (text(at) === '{') while (at < tokens.length && text(at) !== '}') at++
  else if (text(at) !== '*') return undefined
  while (at < tokens.length && text(at) !== 'from' && ['}', '*', 'as'].includes(text(at) ?? '')) at++
  if (text(at) !== 'from' && text(at + 1) === 'from') at++ // export * as name from
  return text(at) === 'from' ? string(at + 1) : undefined
}
