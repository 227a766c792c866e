import type { Command } from "./command.ts";
import { capture } from "./commands/capture.ts";
import { checks } from "./commands/checks.ts";
import { completionCommand } from "./commands/completion.ts";
import { explain } from "./commands/explain.ts";
import { generate } from "./commands/generate.ts";
import { helpCommand } from "./commands/help.ts";
import { lint } from "./commands/lint.ts";
import { list } from "./commands/list.ts";
import { lsp } from "./commands/lsp.ts";
import { observe } from "./commands/observe.ts";
import { record } from "./commands/record.ts";
import { rehearse } from "./commands/rehearse.ts";
import { serve } from "./commands/serve.ts";
import { status } from "./commands/status.ts";
import { test } from "./commands/test.ts";
import { version } from "./commands/version.ts";

/** Every verb, in the order of the road that `ringfence help` shows. */
export const COMMANDS: readonly Command[] = [
  lint,
  checks,
  lsp,
  rehearse,
  explain,
  generate,
  test,
  capture,
  observe,
  status,
  list,
  record,
  serve,
  completionCommand(() => COMMANDS),
  helpCommand(() => COMMANDS),
  version,
];
