import { compileCel } from "../cel/compile.ts";
import { CelError, CelRuntimeError, celErrorText } from "../cel/error.ts";
import { typeText } from "../cel/types.ts";
import { type Message, partOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, type FilterLog } from "./filter.ts";

/** CEL expressions over `_flow`: one that is true is enough; one that fails is no match, and is told. Upstream: pkg/hubble/filters/cel_expression.go. */
export const celExpression: FilterField = (filter, log) => {
  const programs = textsOf(partOf(filter, "experimental"), "cel_expression").map(compiled);
  if (programs.length === 0) return [];
  return [(flow) => isMatch(programs, flow ?? {}, log)];
};

function compiled(expression: string) {
  try {
    const program = compileCel(expression);
    if (program.type.kind === "bool") return program;
    throw new FilterError(`error compiling CEL expression: got "${typeText(program.type)}", wanted "bool" result type`);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new FilterError(`error compiling CEL expression: ${celErrorText(error, expression)}`);
  }
}

function isMatch(programs: readonly ReturnType<typeof compileCel>[], flow: Message, log: FilterLog): boolean {
  const scope = { name: "_flow", value: { kind: "message", type: "Flow", value: flow }, outer: null } as const;
  try {
    return programs.some((program) => program.run(scope) === true);
  } catch (error) {
    if (!(error instanceof CelRuntimeError)) throw error;
    log("error running CEL program", error.message);
    return false;
  }
}
