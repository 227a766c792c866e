import type { Severity } from "#model/finding.ts";
import { type Invocation, isOn, valueOf } from "./args.ts";
import { ALL, COLOR, FAIL_ON, QUIET } from "./flags.ts";
import type { Io } from "./io.ts";
import { NO_PROGRESS, type Progress } from "./progress.ts";

/** `--fail-on`: findings of this severity or worse end the command with 1. */
export function thresholdOf(invocation: Invocation): Severity | "never" {
  const value = valueOf(invocation, FAIL_ON);
  return value === "warn" || value === "info" || value === "never" ? value : "error";
}

/** How text is laid out. */
export type TextLayout = { readonly width: number; readonly color: boolean; readonly all: boolean };

/** Width, colour (`--color`, else what standard output takes) and `--all`, for whatever prints text. */
export function textLayout(invocation: Invocation, io: Io): TextLayout {
  const when = valueOf(invocation, COLOR);
  const color = when === "always" || (when !== "never" && io.isColorful);
  return { width: io.width, color, all: isOn(invocation, ALL) };
}

/** Where progress is told: nowhere with `--quiet`. */
export function progressOf(invocation: Invocation, io: Io): Progress {
  return isOn(invocation, QUIET) ? NO_PROGRESS : io.progress;
}
