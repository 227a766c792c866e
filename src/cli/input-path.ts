import { isAbsolute, relative } from "node:path";

/**
 * A path as the report shows it and a patch needs it: below the working directory always relative to it, however it was
 * given. Everything else stays.
 */
export function shownPath(path: string, directory: string): string {
  if (!isAbsolute(path)) return path;
  const below = relative(directory, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
