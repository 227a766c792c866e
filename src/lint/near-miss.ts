import { podEnds } from "#analysis/known-ends.ts";
import type { PodEnd } from "#model/conversation.ts";
import { parseLabel } from "#model/labels.ts";
import type { LintWorld } from "./lint-world.ts";

/** A pod that has a selector's value under another label: `app=cart` asked, `operator.example.com/app-name=cart` carried. */
export type Near = { readonly end: PodEnd; readonly wanted: string; readonly carried: string };

/** A pod of the namespace that has one of the values under another naming label, and lacks the selector's own. */
export function nearMiss(world: LintWorld, namespace: string | null, pairs: ReadonlyMap<string, string>): Near | null {
  for (const end of podEnds(world.causes.ends)) {
    if (end.namespace !== namespace) continue;
    const own = new Map(end.labels.map(parseLabel).map(({ key, value }) => [key, value]));
    for (const [key, value] of pairs) {
      const other = [...own].find(([held, text]) => text === value && isNaming(held));
      if (!own.has(key) && other !== undefined && isNaming(key)) {
        return { end, wanted: `${key}=${value}`, carried: `${other[0]}=${other[1]}` };
      }
    }
  }
  return null;
}

/** A label that names an application, whoever made it up. */
function isNaming(key: string): boolean {
  return !key.startsWith("io.") && /(?:^|[/.-])(?:app|name|app-name|k8s-app|component|instance|run)$/.test(key);
}
