import type { Flag } from "./args.ts";
import type { Command } from "./command.ts";

/** The completion script of a shell. Commands, flags and the values of flags come from the same data as the help. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  switch (shell) {
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
    default:
      return bashScript(commands);
  }
}

/** Values that a flag takes, or some of them. */
function offered(flag: Flag | undefined): readonly string[] {
  return flag?.value?.choices ?? flag?.value?.suggestions ?? [];
}

function flagWords(flag: Flag): readonly string[] {
  return flag.alias === undefined ? [`--${flag.name}`] : [`--${flag.name}`, `-${flag.alias}`];
}

function operandWords(command: Command, commands: readonly Command[]): readonly string[] {
  if (command.name === "help") return commands.map((some) => some.name);
  return command.operand?.choices ?? [];
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const flags = command.flags.flatMap(flagWords).join(" ");
    const words = operandWords(command, commands).join(" ");
    const files = command.operand?.path === true ? " files" : "";
    return `    ${command.name}) _ringfence_reply "${flags}" "${words}"${files} ;;`;
  });
  return `# bash completion of ringfence
_ringfence_reply() {
  local flag="\${COMP_WORDS[COMP_CWORD - 1]}"
  # Values of a flag that takes several follow its first value.
  local at=$((COMP_CWORD - 1))
  while [[ $at -gt 1 && "\${COMP_WORDS[at]}" != -* ]]; do at=$((at - 1)); done
  case "\${COMP_WORDS[1]} $flag" in
${valueCases(commands)}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$1" -- "$current"))
  elif [[ "$3" == files || "\${COMP_WORDS[at]}" =~ ^(${manyPathFlags(commands)})$ ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$2" -- "$current"))
  fi
}
_ringfence() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(" ")}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o filenames -F _ringfence ringfence
`;
}

/** Values of flags, verb by verb: the same flag takes other values elsewhere. */
function valueCases(commands: readonly Command[]): string {
  const patterns = new Map<string, string[]>();
  for (const command of commands) {
    for (const flag of command.flags.filter((one) => one.value !== undefined)) {
      const choices = offered(flag);
      const reply = choices.length === 0 ? "compgen -f" : `compgen -W "${choices.join(" ")}"`;
      const words = flagWords(flag).map((word) => `"${command.name} ${word}"`);
      patterns.set(reply, [...(patterns.get(reply) ?? []), ...words]);
    }
  }
  return [...patterns]
    .map(([reply, words]) => `    ${words.join("|")}) COMPREPLY=($(${reply} -- "$current")); return ;;`)
    .join("\n");
}

function manyPathFlags(commands: readonly Command[]): string {
  const flags = commands.flatMap((command) => command.flags);
  const many = flags.filter((flag) => flag.value?.many === true && flag.value.path === true);
  return [...new Set(many.map((flag) => `--${flag.name}`))].join("|");
}

function zshScript(commands: readonly Command[]): string {
  const names = commands.map((command) => `    '${command.name}:${zshText(command.summary)}'`);
  const cases = commands.map((command) => {
    const lines = [...command.flags.flatMap(zshFlag), ...zshOperand(command, commands)];
    return `    ${command.name})\n      _arguments -s \\\n${lines.map((line) => `        ${line}`).join(" \\\n")}\n      ;;`;
  });
  return `#compdef ringfence
_ringfence() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_ringfence" ]; then _ringfence "$@"; else compdef _ringfence ringfence; fi
`;
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(":", "\\:").replaceAll("[", "\\[").replaceAll("]", "\\]");
}

function zshFlag(flag: Flag): readonly string[] {
  const { value } = flag;
  const many = value?.many === true ? "*" : "";
  const action = value === undefined ? "" : `:${value.name}:${zshAction(flag)}`;
  return flagWords(flag).map((word) => `'${many}${word}[${zshText(flag.summary)}]${action}'`);
}

function zshAction(flag: Flag): string {
  const { value } = flag;
  const choices = offered(flag);
  if (choices.length > 0) return `(${choices.map((choice) => choice.replaceAll(":", "\\:")).join(" ")})`;
  return value?.path === true ? "_files" : "";
}

function zshOperand(command: Command, commands: readonly Command[]): readonly string[] {
  const { operand } = command;
  if (operand === null) return [];
  const words = operandWords(command, commands);
  const action = operand.path === true ? "_files" : `(${words.join(" ")})`;
  return [`'${operand.many ? "*" : "1"}:${operand.name}:${action}'`];
}

function fishScript(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c ringfence -n __fish_use_subcommand -a ${command.name} -d ${fishText(command.summary)}`,
    ...command.flags.map((flag) => fishFlag(flag, command)),
    ...fishOperand(command, commands),
  ]);
  return `# fish completion of ringfence\ncomplete -c ringfence -f\n${lines.join("\n")}\n`;
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishFlag(flag: Flag, command: Command): string {
  const { value } = flag;
  const alias = flag.alias === undefined ? "" : ` -s ${flag.alias}`;
  const takes = value === undefined ? "" : value.path === true ? " -r -F" : " -x";
  const words = offered(flag);
  const choices = words.length === 0 ? "" : ` -a '${words.join(" ")}'`;
  return `complete -c ringfence -n '__fish_seen_subcommand_from ${command.name}' -l ${flag.name}${alias}${takes}${choices} -d ${fishText(flag.summary)}`;
}

function fishOperand(command: Command, commands: readonly Command[]): readonly string[] {
  if (command.operand === null) return [];
  const condition = `-n '__fish_seen_subcommand_from ${command.name}'`;
  if (command.operand.path === true) return [`complete -c ringfence ${condition} -F`];
  return [`complete -c ringfence ${condition} -a '${operandWords(command, commands).join(" ")}'`];
}
