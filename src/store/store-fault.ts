import { UserError } from "#model/finding.ts";

/**
 * Why a store cannot be written or read now, in words: a server that is away, a refused password. A recorder says it once
 * and goes on in memory; everything else ends with it.
 */
export class StoreFault extends UserError {
  /** True when the same again may go well soon. */
  readonly isPassing: boolean;

  constructor(
    code: string,
    message: string,
    more: { readonly help: string; readonly isPassing: boolean; readonly cause?: unknown; readonly file?: string },
  ) {
    const { help, isPassing, cause, file } = more;
    super(code, message, { help, cause, ...(file === undefined ? {} : { place: { file } }) });
    this.name = "StoreFault";
    this.isPassing = isPassing;
  }
}
