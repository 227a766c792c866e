import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CodeAction,
  CodeActionKind,
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  type InitializeParams,
  type Range,
  TextDocuments,
  TextDocumentSyncKind,
  type TextEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Severity, UserError } from "#model/finding.ts";
import type { LintFinding } from "#model/lint.ts";
import { parseDiff } from "#report/diff-text.ts";
import { proposals } from "./completion.ts";
import { elementAt } from "./element-at.ts";
import { hoverText } from "./hover.ts";
import type { FileReport, LintWorkspace } from "./lint-workspace.ts";
import { yamlContext } from "./yaml-context.ts";

/** What the server needs of who starts it. */
export type LintServerOptions = {
  /** Reads a workspace: its settings, policies, objects, recording. */
  readonly open: (root: string) => Promise<LintWorkspace>;
  /** How places name a file. */
  readonly fileName: (path: string) => string;
  readonly version: string;
};

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warn: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};
/** Diagnostics follow the typing, not every letter of it. */
const PAUSE_MS = 40;

/** Speaks the Language Server Protocol on a connection: diagnostics, quick fixes, hover, completion for policies. */
export function serveLint(connection: Connection, options: LintServerOptions): void {
  const documents = new TextDocuments(TextDocument);
  const reports = new Map<string, FileReport>();
  const waiting = new Map<string, NodeJS.Timeout>();
  let workspace: Promise<LintWorkspace | null> = Promise.resolve(null);
  let root = process.cwd();

  connection.onInitialize((params) => {
    root = rootOf(params) ?? root;
    return {
      serverInfo: { name: "ringfence", version: options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [":", " ", "[", "-", '"'] },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
      },
    };
  });
  connection.onInitialized(() => {
    workspace = options.open(root).catch((problem: unknown) => {
      connection.window.showErrorMessage(`ringfence: ${problemText(problem)}`);
      return null;
    });
  });

  const fileOf = (uri: string) => options.fileName(resolve(fileURLToPath(uri)));
  const judge = async (document: TextDocument, isSettled: boolean): Promise<void> => {
    const { uri, version } = document;
    const open = uri.startsWith("file:") ? await workspace : null;
    if (open === null) return;
    const report = await open.change(fileOf(uri), document.getText(), isSettled);
    if (documents.get(uri)?.version !== version) return;
    reports.set(uri, report);
    const diagnostics = report.findings.map((finding) => diagnosticOf(finding, document));
    await connection.sendDiagnostics({ uri, version, diagnostics });
  };
  const soon = (document: TextDocument, isSettled: boolean, pause: number): void => {
    clearTimeout(waiting.get(document.uri));
    const run = () => {
      waiting.delete(document.uri);
      judge(document, isSettled).catch((problem: unknown) => connection.console.error(problemText(problem)));
    };
    waiting.set(document.uri, setTimeout(run, pause));
  };
  documents.onDidOpen(({ document }) => soon(document, true, 0));
  documents.onDidSave(({ document }) => soon(document, true, 0));
  documents.onDidChangeContent(({ document }) => {
    if (document.version > 1 || !waiting.has(document.uri)) soon(document, false, PAUSE_MS);
  });
  documents.onDidClose(({ document }) => {
    reports.delete(document.uri);
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });

  connection.onCodeAction(({ textDocument: { uri }, range }): CodeAction[] => {
    const document = documents.get(uri);
    const report = reports.get(uri);
    if (document === undefined || report === undefined) return [];
    return report.findings
      .filter((finding) => touches(diagnosticOf(finding, document).range, range))
      .flatMap((finding) => actionsFor(finding, document));
  });
  connection.onHover(async ({ textDocument: { uri }, position }) => {
    const open = await workspace;
    if (open === null || documents.get(uri) === undefined) return null;
    const world = open.worldOf(fileOf(uri));
    const at = elementAt(world.linted, position.line + 1, position.character + 1);
    const value = at === null ? null : hoverText(at, world, reports.get(uri)?.findings ?? []);
    return value === null ? null : { contents: { kind: "markdown", value } };
  });
  connection.onCompletion(async ({ textDocument: { uri }, position }): Promise<CompletionItem[]> => {
    const open = await workspace;
    const document = documents.get(uri);
    if (open === null || document === undefined) return [];
    const context = yamlContext(document.getText().split(/\r?\n/), position.line, position.character);
    const start = { line: position.line, character: context.start };
    return proposals(context, open.worldOf(fileOf(uri))).map(({ text, detail }) => ({
      label: text,
      detail,
      kind: CompletionItemKind.Value,
      textEdit: { range: { start, end: position }, newText: text },
    }));
  });
  documents.listen(connection);
  connection.listen();
}

function rootOf({ workspaceFolders, rootUri }: InitializeParams): string | null {
  const uri = workspaceFolders?.[0]?.uri ?? rootUri ?? null;
  return uri === null ? null : fileURLToPath(uri);
}

function diagnosticOf({ check, severity, message, help, place }: LintFinding, document: TextDocument): Diagnostic {
  const line = Math.max(0, (place.line ?? 1) - 1);
  const start = { line, character: Math.max(0, (place.column ?? 1) - 1) };
  const end = lineEnd(document, line);
  return {
    range: { start, end: { line, character: Math.max(end, start.character) } },
    severity: SEVERITY[severity],
    code: check,
    source: "ringfence",
    message: help === "" ? message : `${message}\n${help}`,
  };
}

function lineEnd(document: TextDocument, line: number): number {
  const text = document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
  return text.replace(/\r?\n$/, "").length;
}

function touches(one: Range, other: Range): boolean {
  return one.start.line <= other.end.line && other.start.line <= one.end.line;
}

/** The proven fix, and a comment that takes the finding away once a reason is written. */
function actionsFor(finding: LintFinding, document: TextDocument): readonly CodeAction[] {
  const { uri } = document;
  const diagnostics = [diagnosticOf(finding, document)];
  const { fix } = finding;
  const edits = fix === null ? [] : editsOf(fix.diff, finding.place.file ?? "");
  const line = Math.max(0, (finding.place.line ?? 1) - 1);
  const indent =
    /^\s*/.exec(document.getText({ start: { line, character: 0 }, end: { line, character: 200 } }))?.[0] ?? "";
  const at = { line, character: 0 };
  const comment = `${indent}# ringfence: ignore ${finding.check} -- \n`;
  const mend: readonly CodeAction[] =
    edits.length === 0
      ? []
      : [
          {
            title: `${fix?.isProposal === true ? "allow, if it is wanted" : "mend"}: ${finding.check} (proven)`,
            kind: CodeActionKind.QuickFix,
            isPreferred: fix?.isProposal !== true,
            diagnostics,
            edit: { changes: { [uri]: [...edits] } },
          },
        ];
  return [
    ...mend,
    {
      title: `ignore ${finding.check} here, with a reason`,
      kind: CodeActionKind.QuickFix,
      diagnostics,
      edit: { changes: { [uri]: [{ range: { start: at, end: at }, newText: comment }] } },
    },
  ];
}

/** A fix that touches another file as well is left to the command line. */
function editsOf(diff: string, file: string): readonly TextEdit[] {
  const parsed = diff.split("\n").filter((line) => line.startsWith("--- ")).length === 1 ? parseDiff(diff) : null;
  if (parsed === null || !parsed.newName.endsWith(file.replace(/^\.?\//, ""))) return [];
  return parsed.changes.map(({ line, removed, added }) => ({
    range: { start: { line: line - 1, character: 0 }, end: { line: line - 1 + removed.length, character: 0 } },
    newText: added.map((text) => `${text}\n`).join(""),
  }));
}

function problemText(problem: unknown): string {
  if (problem instanceof UserError)
    return problem.help === undefined ? problem.message : `${problem.message}; ${problem.help}`;
  return problem instanceof Error ? problem.message : String(problem);
}
