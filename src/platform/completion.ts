/** Completion scripts: commands, options and the names of the labs, taken from the table of commands. */
import { COMMANDS } from './commands/table.ts'
import { shippedLabs } from './files.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export function completionScript(shell: string): string | undefined {
  if (shell === 'bash') return bash()
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bash()}`
  return shell === 'fish' ? fish() : undefined
}

const names = (): string => Object.keys(COMMANDS).join(' ')
const labs = (): string =>
  shippedLabs()
    .map(lab => lab.name)
    .join(' ')
const optionsOf = (name: string): string[] => [...Object.keys(COMMANDS[name].options), 'help']

function bash(): string {
  const cases = Object.keys(COMMANDS).map(name => {
    const options = optionsOf(name).map(option => `--${option}`)
    const words = COMMANDS[name].operands.includes('LAB') ? [...options, labs()] : options
    return `    ${name}) words="${words.join(' ')}" ;;`
  })
  return `_pptp_lab() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${names()}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${names()}"
  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
}
complete -o filenames -F _pptp_lab pptp-lab
`
}

function fish(): string {
  const lines = [`complete -c pptp-lab -n __fish_use_subcommand -f -a '${names()}'`]
  for (const [name, command] of Object.entries(COMMANDS)) {
    const here = `-n '__fish_seen_subcommand_from ${name}'`
    for (const option of optionsOf(name)) lines.push(`complete -c pptp-lab ${here} -l ${option}`)
    if (command.operands.includes('LAB')) lines.push(`complete -c pptp-lab ${here} -a '${labs()}'`)
  }
  return `${lines.join('\n')}\n`
}
