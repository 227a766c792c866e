import { nearestName } from "#decode/nearest.ts";
import type { Check } from "#lint/check.ts";
import { CHECKS } from "#lint/checks.ts";
import type { Ignore } from "#lint/ignore.ts";
import { UserError } from "#model/finding.ts";
import { type Flag, type Invocation, valuesOf } from "./args.ts";
import { ONLY_CHECKS, SKIP_CHECKS } from "./commands/lint.ts";
import type { Settings } from "./settings.ts";

/** Every check, `--only` some, without those of `--skip`; what the settings say where the flags say nothing. */
export function chosenChecks(invocation: Invocation, settings: Settings | null): readonly Check[] {
  const chosen = (flag: Flag, setting: readonly string[]) => {
    const given = valuesOf(invocation, flag);
    return known(given.length > 0 ? given.flatMap((text) => text.split(",")) : setting, flag);
  };
  const only = chosen(ONLY_CHECKS, settings?.lint.only ?? []);
  const skip = chosen(SKIP_CHECKS, settings?.lint.skip ?? []);
  return CHECKS.filter(({ id }) => (only.size === 0 || only.has(id)) && !skip.has(id));
}

function known(ids: readonly string[], flag: Flag): ReadonlySet<string> {
  const all = CHECKS.map(({ id }) => id);
  const wrong = ids.find((id) => !all.includes(id));
  if (wrong === undefined) return new Set(ids);
  const near = nearestName(wrong, all);
  throw new UserError("unknown-check", `--${flag.name}: there is no check ${wrong}`, {
    help: near === null ? "ringfence checks lists them" : `did you mean ${near}?`,
  });
}

/** What the settings do not want to be told of. */
export function settingsIgnores(settings: Settings | null): readonly Ignore[] {
  if (settings === null) return [];
  const { file, lint } = settings;
  return lint.ignore.map(({ check, object, reason }) => ({
    ...{ checks: [check], reason, file, line: 1, lines: null, object },
  }));
}
