import { Argument, Command } from 'commander'

const SCRIPTS = {
  bash: `# bash completion of lwaftr: the program itself says what fits (lwaftr __complete).
_lwaftr() {
  local how candidate
  COMPREPLY=()
  {
    read -r how
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done
  } < <("$1" __complete bash -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case " $how " in *" nospace "*) compopt -o nospace ;; esac
  case " $how " in *" files "*) compopt -o default ;; esac
}
complete -F _lwaftr lwaftr
`,
  zsh: `#compdef lwaftr
# zsh completion of lwaftr: the program itself says what fits (lwaftr __complete).
_lwaftr() {
  local how line
  local -a values shown
  {
    read -r how
    while IFS= read -r line; do
      values+=("\${line%%$'\\t'*}")
      shown+=("\${line/$'\\t'/  -- }")
    done
  } < <("\${words[1]}" __complete zsh -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  if [[ " $how " == *" files "* ]]; then
    _files
  elif [[ " $how " == *" nospace "* ]]; then
    compadd -S '' -l -d shown -a values
  else
    compadd -l -d shown -a values
  fi
}
compdef _lwaftr lwaftr
`,
} as const

export function completionCommand(): Command {
  return new Command('completion')
    .description(
      'Print what makes a shell complete commands, options, paths, list entries and revisions; what the running\n' +
        'relay has is asked of it.',
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  lwaftr completion bash > /etc/bash_completion.d/lwaftr
  source <(lwaftr completion zsh)`,
    )
    .action((shell: keyof typeof SCRIPTS) => {
      process.stdout.write(SCRIPTS[shell])
    })
}
