import { UserError } from "#model/finding.ts";
import { StoreFault } from "./store-fault.ts";

/** Why a store cannot be written, in words, with what to do. What it does not know it answers as it is. */
export function storeError(cause: unknown, path: string): unknown {
  const found = reasonOf(cause);
  if (found === null) return cause;
  return new UserError(found.code, found.message, { help: found.help, place: { file: path }, cause });
}

/** Whether a file is there no more: the writer has joined it with others meanwhile. */
export function isGone(cause: unknown): boolean {
  return /No files found|ENOENT|No such file|Cannot open file/i.test(String(cause));
}

export type StoreTrouble = { readonly code: string; readonly message: string; readonly help: string };

/** What the disk's trouble is; null when it is none of the disk's. DuckDB tells it in its text, Node by a code. */
export function reasonOf(cause: unknown): StoreTrouble | null {
  if (cause instanceof StoreFault) return { code: cause.code, message: cause.message, help: cause.help ?? "" };
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const text = `${code} ${cause instanceof Error ? cause.message : String(cause)}`;
  return TROUBLES.find(({ sign }) => sign.test(text))?.trouble ?? null;
}

const TROUBLES: readonly { readonly sign: RegExp; readonly trouble: StoreTrouble }[] = [
  {
    sign: /ENOSPC|No space left|EDQUOT|Disk quota|EFBIG|File too large/i,
    trouble: {
      code: "store-full",
      message: "no space is left for the store",
      help: "free some, or keep less with --retain-bytes or --retain-days",
    },
  },
  {
    sign: /EROFS|Read-only file system/i,
    trouble: {
      code: "store-read-only",
      message: "the store lies on a read-only file system",
      help: "mount it for writing, or name another directory with --to",
    },
  },
  {
    sign: /EACCES|EPERM|Permission denied/i,
    trouble: {
      code: "store-not-allowed",
      message: "the store may not be written by this user",
      help: "give the user of the recorder the right to write the directory",
    },
  },
  {
    sign: /ENOTDIR|EEXIST|Not a directory/i,
    trouble: {
      code: "store-no-directory",
      message: "the store's path is, or leads through, something that is no directory",
      help: "name a directory with --to",
    },
  },
  {
    sign: /\bEIO\b|Input\/output error/i,
    trouble: {
      code: "store-disk",
      message: "the disk of the store gives errors",
      help: "look at the machine's log; the disk may be failing",
    },
  },
];
