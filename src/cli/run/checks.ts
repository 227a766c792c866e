import { parse, stringify } from "yaml";
import { nearestName } from "#decode/nearest.ts";
import type { Check } from "#lint/check.ts";
import { CHECKS } from "#lint/checks.ts";
import { UserError } from "#model/finding.ts";
import { checkJson, checkLines, checkListLines } from "#report/lint/check-text.ts";
import { type Invocation, valueOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { CHECKS_OUTPUT } from "../commands/checks.ts";
import { textLayout } from "../flag-values.ts";
import type { Io } from "../io.ts";

/** `ringfence checks [ID…]`. */
export async function runChecks(invocation: Invocation, io: Io): Promise<ExitCode> {
  const wanted = invocation.operands.map(checkNamed);
  const layout = textLayout(invocation, io);
  if (valueOf(invocation, CHECKS_OUTPUT) === "json") {
    await io.out(checkJson(wanted.length === 0 ? CHECKS : wanted));
  } else if (wanted.length === 0) {
    await io.out(checkListLines(CHECKS, layout));
  } else {
    const texts = wanted.map((check) =>
      checkLines({ ...check, bad: policiesOf(check.bad), good: policiesOf(check.good) }, layout),
    );
    await io.out(texts.join("\n"));
  }
  return 0;
}

function checkNamed(id: string): Check {
  const check = CHECKS.find((one) => one.id === id.toLowerCase());
  if (check !== undefined) return check;
  const near = nearestName(
    id,
    CHECKS.map((one) => one.id),
  );
  throw new UserError("unknown-check", `there is no check ${id}`, {
    help: near === null ? "ringfence checks lists them" : `did you mean ${near}?`,
  });
}

const POLICY = /(?:Policy|CIDRGroup)$/;

/** The policies of an example as manifests: what a reader wants to see of it. */
export function policiesOf(example: string): string {
  const { objects = [] }: { objects?: { kind: string }[] } = parse(example);
  const shown = objects.filter(({ kind }) => POLICY.test(kind));
  return (shown.length === 0 ? objects : shown).map((object) => stringify(object)).join("---\n");
}
