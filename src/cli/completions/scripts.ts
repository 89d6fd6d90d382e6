/**
 * The scripts that shells load. They hold no commands or flags themselves: each TAB asks `ablate __complete`, so that
 * they stay right when ablate or the project changes.
 */

export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

export const scriptFor = (shell: Shell): string => scripts[shell]

/**
 * Words are cut from the line itself, because Bash parts them at `=` and `:`; what it takes for a word of its own is cut
 * off the candidates again.
 */
const bash = String.raw`# ablate's completions for Bash.
# Load them with:  source <(ablate completions bash)

_ablate() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current part text paths=""
  COMPREPLY=()
  read -r -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  part="\${current%"\${current##*[=:]}"}"
  while IFS=$'\t' read -r text _; do
    case $text in
      :files | :folders) paths=$text ;;
      ?*) COMPREPLY+=("\${text#"$part"}") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2> /dev/null)
  if [[ -n $paths ]]; then
    compopt -o filenames 2> /dev/null || true
    local kind=-f
    [[ $paths == :folders ]] && kind=-d
    while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen "$kind" -- "\${current#"$part"}")
  fi
}

complete -F _ablate ablate
`

const zsh = String.raw`#compdef ablate
# ablate's completions for Zsh.
# Load them with:  source <(ablate completions zsh)

_ablate() {
  local -a offered
  local text note paths=""
  while IFS=$'\t' read -r text note; do
    case $text in
      :files | :folders) paths=$text ;;
      ?*) offered+=("\${text//:/\\:}\${note:+:$note}") ;;
    esac
  done < <("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)
  (( \${#offered} )) && _describe -V ablate offered
  case $paths in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}

if [ "$funcstack[1]" = "_ablate" ]; then
  _ablate "$@"
else
  compdef _ablate ablate
fi
`

const fish = String.raw`# ablate's completions for fish.
# Load them with:  ablate completions fish | source

function __ablate_offer
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :folders
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete -c ablate -f -k -a '(__ablate_offer)'
`

/** Template literals need their dollar signs escaped; shells do not. */
const plain = (script: string): string => script.replaceAll("\\${", "${")

const scripts: Readonly<Record<Shell, string>> = {
  bash: plain(bash),
  zsh: plain(zsh),
  fish: plain(fish)
}
