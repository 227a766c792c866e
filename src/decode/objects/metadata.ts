import type { Finding } from "#model/finding.ts";
import { isObject, type Json } from "#model/json.ts";
import { valueAt } from "../field.ts";
import type { SourceManifest } from "./manifest.ts";

/**
 * What is wrong with an object's names and labels: no name, or a value that YAML read as a number or a boolean
 * (`version: 1.10`, `enabled: yes`, `namespace: on`). The API server refuses such an object; it is read all the same,
 * with the value written as text.
 */
export function metadataFindings(manifest: SourceManifest): readonly Finding[] {
  const metadata = valueAt(manifest.value, "metadata");
  const texts = ["name", "namespace"].map((key) => [`metadata.${key}`, valueAt(metadata, key)] as const);
  const maps = ["labels", "annotations"].flatMap((key) => {
    const map = valueAt(metadata, key);
    return isObject(map) ? Object.entries(map).map(([name, value]) => [`metadata.${key}.${name}`, value] as const) : [];
  });
  const wrong = [...texts, ...maps].filter(([, value]) => typeof value === "number" || typeof value === "boolean");
  const unnamed = manifest.name === "" && wrong.every(([path]) => path !== "metadata.name");
  return [...(unnamed ? [withoutName(manifest)] : []), ...wrong.map(([path, value]) => notText(manifest, path, value))];
}

function withoutName(manifest: SourceManifest): Finding {
  return {
    id: "unnamed-object",
    severity: "error",
    message: `${manifest.kind} has no metadata.name`,
    help: "name it",
    place: manifest.place,
  };
}

function notText(manifest: SourceManifest, path: string, value: Json | undefined): Finding {
  const position = manifest.positions()[path];
  const place = position === undefined ? manifest.place : { ...manifest.place, line: position[0], column: position[1] };
  return {
    id: "not-text",
    severity: "error",
    message: `${path} is the ${typeof value} ${String(value)}, not a text: the API server refuses the ${manifest.kind}`,
    help: "write it in quotes",
    place: { ...place, path },
  };
}
