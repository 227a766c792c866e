import { RE2JS } from "re2js";
import { regexpError } from "#engine/validate/regexp.ts";
import { FilterError } from "./filter.ts";

/** Whether a pattern is found in a text. Throws FilterError with Go's text. Upstream: regexp.Compile, MatchString. */
export function regexpMatcher(pattern: string): (text: string) => boolean {
  const error = regexpError(pattern);
  if (error !== null) throw new FilterError(error);
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matcher(text).find();
}
