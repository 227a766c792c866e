import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { readInventory } from "#decode/objects/objects.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { serveLint } from "#server/lsp/lint-server.ts";
import { LintWorkspace, type ReadText } from "#server/lsp/lint-workspace.ts";
import type { Invocation } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { storedPolicies } from "../gather-stored.ts";
import { shownPath } from "../input-path.ts";
import type { Io } from "../io.ts";
import { chosenChecks, settingsIgnores } from "../lint-choice.ts";
import { gatherLint } from "../lint-input.ts";
import { NO_PROGRESS } from "../progress.ts";
import { findSettings, withSettings } from "../settings.ts";
import { VERSION } from "../version.ts";

/** Where the protocol is spoken. */
export type LspStreams = { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };

/** `ringfence lsp`: serves until the editor says exit, or goes. */
export async function runLsp(
  invocation: Invocation,
  _io: Io,
  { input, output }: LspStreams = { input: process.stdin, output: process.stdout },
): Promise<ExitCode> {
  const reader = new StreamMessageReader(input);
  const connection = createConnection(ProposedFeatures.all, reader, new StreamMessageWriter(output));
  const ended = new Promise<void>((resolve) => {
    connection.onExit(() => resolve());
    input.on("end", () => resolve());
  });
  serveLint(connection, {
    open: (root) => openWorkspace(invocation, root),
    fileName: (path) => shownPath(path, process.cwd()),
    version: VERSION,
  });
  await ended;
  return 0;
}

async function openWorkspace(given: Invocation, root: string): Promise<LintWorkspace> {
  if (root !== process.cwd()) process.chdir(root);
  const settings = await findSettings(root);
  const invocation = withSettings(given, settings);
  const texts = await gatherLint(invocation, NO_PROGRESS, { isEmptyFine: true });
  const minor = texts.input.snapshot.cilium.value;
  const checks = chosenChecks(invocation, settings);
  return new LintWorkspace({ ...texts, checks, ignores: settingsIgnores(settings) }, (file, text) =>
    readText(file, text, minor),
  );
}

/** What one text holds; a text that is broken is a finding. */
async function readText(file: string, text: string, minor: CiliumMinor): Promise<ReadText> {
  try {
    const read = readInventory(readManifests(text, file).manifests);
    const stored = await storedPolicies({ inForce: [], proposed: read.policies }, minor);
    return { policies: stored.proposed, said: [...read.findings, ...stored.findings] };
  } catch (problem) {
    if (!(problem instanceof UserError)) throw problem;
    return { policies: [], said: [brokenFinding(problem, file)] };
  }
}

function brokenFinding({ message, help, place }: UserError, file: string): Finding {
  const told = { id: "broken-manifest", message, place: { file, ...place } };
  return { severity: "error", ...told, ...(help === undefined ? {} : { help }) };
}
