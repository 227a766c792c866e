import { UserError } from "#model/finding.ts";
import { type Place, placeText } from "#model/place.ts";
import { readJsonText } from "../yaml/json-text.ts";
import { type Lines, linesOf } from "../lines.ts";
import { type SourceObject, TextProblem } from "./source-object.ts";
import { cutDocuments, readYamlDocument } from "../yaml/yaml-text.ts";

/**
 * Reads the values of a YAML or JSON text in order: every document of a YAML stream (empty ones are left out), every
 * value of a JSON stream. A text that begins with a brace is JSON first and YAML if that fails, as for kubectl.
 * Throws one `UserError` that names every broken document with line and column.
 */
export function readObjects(source: string, file: string | null): readonly SourceObject[] {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const lines = linesOf(text);
  if (!/^\s*[{[]/.test(text)) return readYaml(text, file, lines);
  try {
    return readJsonText(text, lines);
  } catch (problem) {
    if (!(problem instanceof TextProblem)) throw problem;
    return readAsYamlOr(problem, text, { file, lines });
  }
}

/** YAML in braces is YAML; what is neither is told as JSON. */
function readAsYamlOr(
  problem: TextProblem,
  text: string,
  from: { readonly file: string | null; readonly lines: Lines },
): readonly SourceObject[] {
  try {
    return readYaml(text, from.file, from.lines);
  } catch (alsoProblem) {
    if (!(alsoProblem instanceof UserError)) throw alsoProblem;
    throw brokenText([problem], { ...from, language: "json" });
  }
}

function readYaml(text: string, file: string | null, lines: Lines): readonly SourceObject[] {
  const objects: SourceObject[] = [];
  const problems: TextProblem[] = [];
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (problem) {
      if (!(problem instanceof TextProblem)) throw problem;
      problems.push(problem);
    }
  };
  attempt(() => {
    for (const chunk of cutDocuments(text)) {
      attempt(() => {
        const object = readYamlDocument(text, chunk, lines);
        if (object !== null) objects.push(object);
      });
    }
  });
  if (problems.length > 0) throw brokenText(problems, { file, lines, language: "yaml" });
  return objects;
}

type Told = { readonly file: string | null; readonly lines: Lines; readonly language: "yaml" | "json" };

function brokenText(problems: readonly TextProblem[], told: Told): UserError {
  const places = problems.map((problem) => placeAt(problem.offset, told));
  const [first] = problems;
  const more = problems.slice(1).map((problem, index) => `${placeText(places[index + 1] ?? {})}: ${problem.message}`);
  const message = `broken ${told.language}: ${first?.message ?? ""}`;
  return new UserError(`broken-${told.language}`, [message, ...more].join("\n"), {
    ...(places[0] === undefined ? {} : { place: places[0] }),
    help: helpFor(first?.message ?? "", told.language),
  });
}

function placeAt(offset: number, told: Told): Place {
  const [line, column] = told.lines(offset);
  return told.file === null ? { line, column } : { file: told.file, line, column };
}

function helpFor(message: string, language: "yaml" | "json"): string {
  if (message.includes("template")) return "render the templates first, for example with `helm template`";
  if (message.includes("tab")) return "indent with spaces: YAML allows no tabs there";
  return `mend the ${language} at this place; \`kubectl apply --dry-run=client -f FILE\` reads it by the same rules`;
}
