import type { Finding } from "#model/finding.ts";
import { POLICY_KINDS } from "#model/policy.ts";
import { manifestsIn, type ReadManifests, type SourceManifest } from "../objects/manifest.ts";
import { readObjects } from "../objects/read-objects.ts";

/**
 * Reads the manifests of a YAML or JSON text by the rules of kubectl: several documents, Lists unfolded, anchors and
 * merge keys, YAML 1.1 scalars. `file` is how places name the text. Throws `UserError` with file, line and column when
 * a document is broken; what is readable but odd (a key given twice, a document that is no object) is a finding.
 */
export function readManifests(text: string, file: string | null): ReadManifests {
  const { manifests, findings } = manifestsIn(readObjects(text, file), file);
  return { manifests, findings: [...findings, ...manifests.flatMap(duplicateFindings)] };
}

const POLICIES = new Set<string>(POLICY_KINDS);

/** So many of one policy are listed; the last one counts the rest. */
const MOST_DUPLICATES = 20;

/** Looked for in policies alone: there half of the text would be silently without effect. */
function duplicateFindings(manifest: SourceManifest): readonly Finding[] {
  if (!POLICIES.has(manifest.kind)) return [];
  const duplicates = manifest.duplicates();
  const rest = duplicates.length - MOST_DUPLICATES;
  return duplicates.slice(0, MOST_DUPLICATES).map(({ key, position }, index) => ({
    id: "duplicate-key",
    severity: "error",
    message: `\`${key}\` is given twice: only the last one counts`,
    help: "merge the two, or delete the first",
    place: { ...manifest.place, line: position[0], column: position[1], path: key },
    ...(rest > 0 && index === MOST_DUPLICATES - 1 ? { count: rest + 1 } : {}),
  }));
}
