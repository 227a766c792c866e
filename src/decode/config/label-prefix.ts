import { RE2JS } from "re2js";

/** Why the agent would not start with this entry of `labels` or `node-labels`; null when it is good. Upstream: parseLabelPrefix. */
export function labelPrefixProblem(text: string): string | null {
  const prefix = text.slice(text.indexOf(":") + 1);
  if (prefix === "") return "it has no prefix";
  try {
    RE2JS.compile(prefix.replace(/^!/, ""));
    return null;
  } catch {
    return "it is no regular expression";
  }
}
