/**
 * Completion for bash, of the command tree: a script of its own that needs no package of functions.
 * In bash's own words "=" and ":" divide, so that a value may stand behind either. Pure.
 */
import type { CommandNode, Flag, Takes } from '../command-tree.ts';
import { commandWordsOf, nodesOf, PROGRAM, quoted } from './offer.ts';

export function bashCompletion(program: CommandNode): string {
  const nodes = nodesOf(program);
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  return `# bash completion for ${PROGRAM}, made of its commands

_postfix_tls_watch_names() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_postfix_tls_watch() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag='' path='' operand='' offered='' repeatable='' word i
  local at=$((COMP_CWORD - 1))
  COMPREPLY=()
  if [ "$cur" = = ]; then
    cur=''
    flag=\${COMP_WORDS[at]}
  elif [ "\${COMP_WORDS[at]}" = = ]; then
    flag=\${COMP_WORDS[at - 1]}
  else
    case \${COMP_WORDS[at]} in -*) flag=\${COMP_WORDS[at]} ;; esac
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${path:+$path }\${COMP_WORDS[i]}
    case $word in
      ${paths.map(quoted).join(' | ')}) path=$word ;;
      *) break ;;
    esac
  done
  case $path in
${nodes.map((node) => branchOf(node, nodes)).join('\n')}
  esac
  case $cur in
    -*) ;;
    *)
      case $operand in
        file) _postfix_tls_watch_names -f ;;
        directory) _postfix_tls_watch_names -d ;;
        ?*) mapfile -t COMPREPLY < <(compgen -W "$operand" -- "$cur") ;;
      esac
      [ -z "$operand$cur" ] || return
      ;;
  esac
  for word in $offered; do
    case " $repeatable " in
      *" $word "*) ;;
      *) case " \${COMP_WORDS[*]:1:at} " in *" $word "*) continue ;; esac ;;
    esac
    case $word in "$cur"*) COMPREPLY+=("$word") ;; esac
  done
}

complete -F _postfix_tls_watch ${PROGRAM}
`;
}

/** A flag that wants a value ends there; else what the command takes is left for the end. */
function branchOf(node: CommandNode, nodes: readonly CommandNode[]): string {
  const { path, flags } = node;
  return [
    `    ${quoted(path)})`,
    ...valueBranches(flags),
    `      offered=${quoted(flags.flatMap(namesOf).join(' '))}`,
    `      repeatable=${quoted(
      flags
        .filter(({ isRepeatable }) => isRepeatable)
        .flatMap(namesOf)
        .join(' '),
    )}`,
    `      operand=${quoted(operandOf(node, nodes))}`,
    '      ;;',
  ].join('\n');
}

function valueBranches(flags: readonly Flag[]): string[] {
  const byAction = new Map<string, string[]>();
  for (const flag of flags.filter(({ value }) => value !== undefined)) {
    const action = actionOf(flag);
    byAction.set(action, [...(byAction.get(action) ?? []), ...namesOf(flag)]);
  }
  if (byAction.size === 0) return [];
  return [
    '      case $flag in',
    ...[...byAction].map(([action, names]) => `        ${names.join(' | ')}) ${action} ;;`),
    '      esac',
  ];
}

function actionOf({ choices, takes, isValueOptional }: Flag): string {
  if (choices.length > 0)
    return `mapfile -t COMPREPLY < <(compgen -W ${quoted(choices.join(' '))} -- "$cur"); return`;
  const action = VALUES[takes];
  // Where a flag begins, the value was left out.
  return isValueOptional ? `case $cur in -*) ;; *) ${action} ;; esac` : action;
}

const VALUES: Readonly<Record<Takes, string>> = {
  file: '_postfix_tls_watch_names -f; return',
  directory: '_postfix_tls_watch_names -d; return',
  user: 'mapfile -t COMPREPLY < <(compgen -u -- "$cur"); return',
  command: 'return',
  words: 'return',
};

/** What its last operand takes, or the words of the commands. */
function operandOf(node: CommandNode, nodes: readonly CommandNode[]): string {
  const words = commandWordsOf(node, nodes);
  if (words.length > 0) return words.join(' ');
  const takes = node.operands.at(-1)?.takes;
  return takes === 'file' || takes === 'directory' ? takes : '';
}

const namesOf = ({ short, long }: Flag): string[] => [
  ...(short === undefined ? [] : [short]),
  long,
];
