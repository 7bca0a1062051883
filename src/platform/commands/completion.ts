/** `pptp-lab completion SHELL`: scripts for shells, made from the table of commands. */
import { shippedLabs } from '../package.ts'
import { out } from '../terminal.ts'
import { type Action, EXIT, HELP, type Option, UsageError } from '../usage.ts'
import { COMMANDS, SHELLS } from './table.ts'

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash,
  zsh: () => `autoload -U +X bashcompinit && bashcompinit\n${bash()}`,
  fish,
}

export const completion: Action = ([shell]) => {
  const known = SHELLS.find(name => name === shell)
  if (known === undefined) throw new UsageError(`There is no completion for ${shell}, only for ${SHELLS.join(', ')}.`)
  out(SCRIPTS[known]())
  return EXIT.good
}

const commands = (): string => Object.keys(COMMANDS).join(' ')
const labs = (): string[] => shippedLabs().map(lab => lab.name)
const optionsOf = (name: string): [string, Option][] => Object.entries({ ...COMMANDS[name].options, help: HELP })

/** What may stand as an operand, besides files. */
function wordsFor(name: string): string[] {
  const { operands, words = [] } = COMMANDS[name]
  return operands.includes('LAB') ? labs() : operands === 'SHELL' ? [...SHELLS] : [...words]
}
/** Ends of the names of files that may stand as an operand; `init` wants a name that is not there yet. */
function endingsFor(name: string): string {
  const { operands } = COMMANDS[name]
  const ofLabs = operands.includes('LAB') ? ['yaml|yml|jsonl'] : []
  const ofCaptures = operands === 'FILE' || operands.includes('CAPTURE') ? ['pcap|pcapng|cap'] : []
  return [...ofLabs, ...ofCaptures].join('|')
}

/** What may stand behind an option that has a list of words, in any command. */
function choices(): string[] {
  const all = new Map<string, Set<string>>()
  for (const { options } of Object.values(COMMANDS)) {
    for (const [option, { words = [] }] of Object.entries(options)) {
      if (words.length > 0) all.set(option, new Set([...(all.get(option) ?? []), ...words]))
    }
  }
  return [...all].map(
    ([option, words]) => `    --${option}) COMPREPLY=($(compgen -W "${[...words].join(' ')}" -- "$word")); return ;;`,
  )
}

function bash(): string {
  const cases = Object.keys(COMMANDS).map(name => {
    const options = optionsOf(name).map(([option]) => `--${option}`)
    return `    ${name}) options="${options.join(' ')}" words="${wordsFor(name).join(' ')}" files='${endingsFor(name)}' ;;`
  })
  return `_pptp_lab() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options= words= files=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands()} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    help) words="${commands()}" ;;
  esac
  case "$before" in
    --seed|--set|--until|--windows|--packet|--node|--nodes|--layer|--tunnel|--call|--from|--to|--password) return ;;
${choices().join('\n')}
    --record|--output|-o|--svg|--html|--log) compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word")); return ;;
    --pcap) compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$word"))
      if [ -n "$files" ]; then
        compopt -o filenames 2>/dev/null
        local IFS=$'\\n'
        COMPREPLY+=($(compgen -d -- "$word"; compgen -f -- "$word" | grep -E "\\.($files)$"))
      fi ;;
  esac
}
complete -F _pptp_lab pptp-lab
`
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

function fish(): string {
  const lines: string[] = []
  for (const [name, { help }] of Object.entries(COMMANDS)) {
    lines.push(`complete -c pptp-lab -n __fish_use_subcommand -f -a ${name} -d ${quoted(help.split('. ')[0])}`)
    const here = `complete -c pptp-lab -n '__fish_seen_subcommand_from ${name}'`
    for (const [option, { type, short, words, help }] of optionsOf(name)) {
      const letter = short === undefined ? '' : ` -s ${short}`
      const value = words === undefined ? (type === 'string' ? ' -r' : '') : ` -x -a '${words.join(' ')}'`
      lines.push(`${here} -l ${option}${letter}${value} -d ${quoted(help)}`)
    }
    const words = wordsFor(name)
    const endings = endingsFor(name)
      .split('|')
      .filter(ending => ending !== '')
    const files = endings.map(ending => `(__fish_complete_suffix .${ending})`)
    lines.push(`${here} -f -a '${[...words, ...files].join(' ')}'`)
  }
  return `${lines.join('\n')}\n`
}
