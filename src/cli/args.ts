/** A flag as data: parsing, help, completion and documentation are made from it. */
export type Flag = {
  /** Without dashes: `flows`. */
  readonly name: string;
  /** One letter: `-o`. */
  readonly alias?: string;
  /** Absent for a switch. */
  readonly value?: FlagValue;
  readonly group: FlagGroup;
  /** One line for `-h`: lower case, no full stop. */
  readonly summary: string;
  /** What `--help` adds, in sentences. */
  readonly detail?: string;
};

export type FlagValue = {
  /** How help names it: `FILE`. */
  readonly name: string;
  /** Takes one or more values, and may be repeated. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
  /** Values that shells offer though others are taken too. */
  readonly suggestions?: readonly string[];
  readonly preset?: string;
  /** Shells complete file names. */
  readonly path?: boolean;
};

export const FLAG_GROUPS = ["input", "selection", "filter", "decision", "output", "server"] as const;
export type FlagGroup = (typeof FLAG_GROUPS)[number];

/** What stands after the flags. */
export type Operand = {
  readonly name: string;
  readonly many: boolean;
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly path?: boolean;
};

/** What was typed, checked against the flags of its command. */
export type Invocation = {
  readonly operands: readonly string[];
  readonly switches: ReadonlySet<string>;
  /** Values by flag name; presets are filled in, flags not given are absent. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Flags whose value is their preset: nobody gave them. */
  readonly presets?: ReadonlySet<string>;
};

/** The values of a flag, none when it was not given. */
export function valuesOf(invocation: Invocation, flag: Flag): readonly string[] {
  return invocation.values.get(flag.name) ?? [];
}

/** The value of a flag that takes one; the last when it was repeated, null when it was not given. */
export function valueOf(invocation: Invocation, flag: Flag): string | null {
  return valuesOf(invocation, flag).at(-1) ?? null;
}

/** Whether a switch was given. */
export function isOn(invocation: Invocation, flag: Flag): boolean {
  return invocation.switches.has(flag.name);
}

/** `--flows FILE…`, `-o, --output FORMAT`, `--all`. */
export function flagUsage(flag: Flag): string {
  const alias = flag.alias === undefined ? "" : `-${flag.alias}, `;
  if (flag.value === undefined) return `${alias}--${flag.name}`;
  return `${alias}--${flag.name} ${flag.value.name}${flag.value.many === true ? "…" : ""}`;
}
