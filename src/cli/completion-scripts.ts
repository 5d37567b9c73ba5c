/**
 * What `uisge completion` prints. Each script asks `uisge __complete` with the words up to the cursor, and does with the last
 * line of the answer what the shell itself does best: paths. The one in the PATH is asked, never what stands in the line: a
 * key that is pressed behind `./uisge` must not run a file of that folder.
 */

/**
 * For bash from 3.2 on, with bash-completion or without. Bash cuts words at `=` and `:` too, where they are put together
 * again, and wants only what stands behind the last of these.
 */
const bash = `# bash completion of uisge
_uisge() {
  local word words=() at piece line names=none cut value
  for ((at = 1; at <= COMP_CWORD; at++)); do
    piece=\${COMP_WORDS[at]}
    # A cut word goes on as long as nothing lies between.
    if ((\${#words[@]} > 0)) && [[ $piece == [=:]* || \${words[\${#words[@]} - 1]} == *[=:] ]] &&
      [[ $COMP_LINE == *"\${words[\${#words[@]} - 1]}$piece"* ]]; then
      words[\${#words[@]} - 1]+=$piece
    else
      words+=("$piece")
    fi
  done
  word=\${words[\${#words[@]} - 1]}
  cut=
  [[ $word == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]] && cut=\${word%"\${word##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :* ]]; then
      names=\${line#:}
    else
      value=\${line%%$'\\t'*}
      COMPREPLY+=("\${value#"$cut"}")
    fi
  done < <(command uisge __complete "\${words[@]}" 2>/dev/null)
  case $names in
    file | folder)
      # A quoted word is the shell's own.
      local kind=-f
      [[ $names == folder ]] && kind=-d
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "\${word#"$cut"}")
      ;;
  esac
}
complete -F _uisge uisge
`;

/** For zsh: in a file of `fpath` called `_uisge`, or sourced behind compinit. */
const zsh = `#compdef uisge
_uisge() {
  local -a lines described
  local line names=none
  lines=("\${(@f)$(command uisge __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
      :*) names=\${line#:} ;;
      *) described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#described )) && _describe -t values uisge described
  case $names in
    file | folder)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      if [[ $names == folder ]]; then _files -/; else _files; fi
      ;;
  esac
}
if [[ $funcstack[1] == _uisge ]]; then _uisge "$@"; else compdef _uisge uisge; fi
`;

const fish = `# fish completion of uisge
function __uisge_complete
    set -l words (commandline -opc)[2..-1]
    set -l word (commandline -ct)
    for line in (command uisge __complete $words "$word" 2>/dev/null)
        switch $line
            case ':file' ':folder'
                set -l before ''
                string match -q -r '^--[^=]*=' -- "$word"; and set before (string match -r '^--[^=]*=' -- "$word")
                set -l path (string replace -r '^--[^=]*=' '' -- "$word")
                if test $line = :folder
                    printf '%s\\n' $before(__fish_complete_directories "$path" '')
                else
                    printf '%s\\n' $before(__fish_complete_path "$path")
                end
            case ':*'
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c uisge -f -k -a '(__uisge_complete)'
`;

export const scripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = { bash, zsh, fish };
