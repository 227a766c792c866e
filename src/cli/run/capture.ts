import { ciliumFacts } from "#decode/config/cilium-config.ts";
import type { SourceManifest } from "#decode/objects/manifest.ts";
import { portableObject } from "#decode/portable-object.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import { placeText } from "#model/place.ts";
import { count } from "#report/words.ts";
import { type CopiedFlows, captureFlows, captureLive } from "#sources/capture-flows.ts";
import { writeCapture } from "#sources/capture-write.ts";
import { loadManifests } from "#sources/manifests.ts";
import { type Invocation, isOn } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { REDACT } from "../commands/capture.ts";
import { progressOf } from "../flag-values.ts";
import { CAPTURE, FLOWS, OBJECTS } from "../flags.ts";
import { openInputs } from "../gather-inputs.ts";
import { clusterChoice, pathsOf } from "../gather-request.ts";
import { refuseTwoStreams } from "../input-text.ts";
import type { Io } from "../io.ts";
import { liveAmong } from "../live-input.ts";
import { VERSION } from "../version.ts";

/** `ringfence capture`: gathers objects and flows, and writes them as they are, or redacted. */
export async function runCapture(invocation: Invocation, io: Io): Promise<ExitCode> {
  const progress = progressOf(invocation, io);
  const [out = ""] = invocation.operands;
  const cluster = clusterChoice(invocation);
  const paths = {
    flows: pathsOf(invocation, FLOWS),
    objects: pathsOf(invocation, OBJECTS),
    captures: pathsOf(invocation, CAPTURE),
    cluster,
  };
  refuseTwoStreams({ flows: paths.flows, objects: paths.objects });
  if (paths.flows.length + paths.objects.length + paths.captures.length === 0 && cluster === null) throw nothingNamed();
  const inputs = await openInputs(paths, progress);
  const files = await loadManifests(inputs.objects);
  const { objects, ciliumConfig } = kept([...inputs.live, ...files.manifests]);
  const isRedacted = isOn(invocation, REDACT);
  const live = liveAmong(inputs.flows, cluster);
  const said: Finding[] = [];
  const copied: CopiedFlows = { lines: 0, dropped: 0 };
  progress.update("writing the capture");
  const content = {
    objects,
    ciliumConfig,
    flows:
      inputs.flows.length === 0
        ? null
        : live === null
          ? captureFlows(inputs.flows, isRedacted, copied)
          : captureLive(live, { isRedacted, copied, said }),
    facts: () => ({
      version: 1,
      ringfence: VERSION,
      cilium: ciliumFacts([...inputs.live, ...files.manifests])?.version ?? null,
      redacted: isRedacted || inputs.findings.some(({ id }) => id === "redacted-capture"),
      objects: objects.length,
      flows: copied.lines,
      dropped: copied.dropped,
    }),
  };
  const written = await writeCapture(out, content);
  progress.clear();
  for (const { message, place } of [...inputs.findings, ...files.findings, ...said]) {
    io.err(`${place === undefined ? "" : `${placeText(place)}: `}${message}\n`);
  }
  io.err(`${out}: ${count(objects.length)} objects, ${count(copied.lines)} lines of flows, in ${written.join(", ")}\n`);
  return 0;
}

type Kept = { readonly objects: readonly JsonObject[]; readonly ciliumConfig: JsonObject | null };

/** Of one kind, namespace and name the last one counts, as everywhere. */
function kept(manifests: readonly SourceManifest[]): Kept {
  const last = new Map<string, JsonObject>();
  let ciliumConfig: JsonObject | null = null;
  for (const { value, kind, namespace, name } of manifests) {
    const object = portableObject(value);
    if (object === null) continue;
    if (kind === "ConfigMap") ciliumConfig = object;
    else last.set(`${kind} ${namespace ?? ""} ${name}`, object);
  }
  return { objects: [...last.values()], ciliumConfig };
}

function nothingNamed(): UserError {
  return new UserError("missing-inputs", "nothing to capture is named", {
    help: "give --live for the cluster's objects, --flows FILE… for a recording",
  });
}
