import type { Severity } from "#model/finding.ts";
import type { LintReport } from "#model/lint.ts";

const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warn: "warning", info: "notice" };

/** Workflow commands of GitHub Actions: an annotation a finding, at its line of the change. */
export function lintGithub({ findings }: LintReport): string {
  return findings
    .map(({ severity, check, message, help, place }) => {
      const { file, line, column } = place;
      const at = [
        ...(file === undefined ? [] : [`file=${property(file.replace(/^\.\//, ""))}`]),
        ...(line === undefined ? [] : [`line=${line}`]),
        ...(column === undefined ? [] : [`col=${column}`]),
        `title=${property(`ringfence ${check}`)}`,
      ];
      const object = file === undefined && place.object !== undefined ? `${place.object}: ` : "";
      return `::${COMMANDS[severity]} ${at.join(",")}::${data(`${object}${message}${help === "" ? "" : `\n${help}`}`)}\n`;
    })
    .join("");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
