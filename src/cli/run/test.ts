import type { Invocation } from "../args.ts";
import type { ExitCode } from "../command.ts";
import type { Io } from "../io.ts";

export async function runTest(_invocation: Invocation, io: Io): Promise<ExitCode> {
  await io.out("");
  return 0;
}
