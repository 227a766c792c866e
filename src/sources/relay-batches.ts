import type { ClientReadableStream } from "@grpc/grpc-js";
import { JsonBuffer } from "#hubble/wire/json-buffer.ts";
import { GrpcCode, type RelayStatus } from "./relay-fault.ts";

/** So much text is gathered before the server has to wait. */
const FULL_BYTES = 1 << 19;
/** With so much it is handed out at once; with less after a moment, so that a fast stream is not taken in crumbs. */
const ENOUGH_BYTES = 1 << 17;
const GATHER_MILLISECONDS = 4;

/** Writes a message as text behind what is there. */
export type WriteText = (bytes: Uint8Array, out: JsonBuffer) => void;

/**
 * A stream's messages as text, gathered over some milliseconds: a fast stream costs little, a slow one is not felt to
 * wait. The server waits while nobody takes.
 */
export class RelayBatches {
  private filling = new JsonBuffer(1 << 16);
  private taken = new JsonBuffer(1 << 16);
  private status: RelayStatus = { code: GrpcCode.ok, details: "" };
  private isEnded = false;
  /** A message has come since the last call. */
  private isStirred = false;
  private isScheduled = false;
  private isPaused = false;
  private wake: (() => void) | null = null;
  private failure: unknown = null;
  private readonly call: ClientReadableStream<Uint8Array>;

  constructor(call: ClientReadableStream<Uint8Array>, write: WriteText) {
    this.call = call;
    call.on("data", (bytes: Uint8Array) => this.add(bytes, write));
    call.on("error", (error: Error & RelayStatus) => {
      this.status = { code: error.code ?? GrpcCode.unknown, details: error.details ?? error.message };
    });
    call.on("end", () => {
      this.isEnded = true;
      this.schedule();
    });
  }

  private add(bytes: Uint8Array, write: WriteText): void {
    if (this.failure !== null) return;
    this.isStirred = true;
    try {
      write(bytes, this.filling);
    } catch (error) {
      this.failure = error;
      this.call.cancel();
    }
    if (this.filling.length > FULL_BYTES && !this.isPaused) {
      this.isPaused = true;
      this.call.pause();
    }
    this.schedule();
  }

  private schedule(): void {
    if (this.filling.length >= ENOUGH_BYTES || this.isEnded) this.wake?.();
    else if (!this.isScheduled) {
      this.isScheduled = true;
      setTimeout(() => {
        this.isScheduled = false;
        this.wake?.();
      }, GATHER_MILLISECONDS);
    }
  }

  /** Whether nothing comes for so long. */
  async isSlow(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, milliseconds, true);
    });
    const came = this.something().then(() => false);
    return await Promise.race([came, slow]).finally(() => clearTimeout(timer));
  }

  /** Resolves when there is something to take. */
  private async something(): Promise<void> {
    while (!this.hasNews()) {
      await new Promise<void>((resolve) => {
        const before = this.wake;
        this.wake = () => {
          before?.();
          resolve();
        };
      });
    }
    this.wake = null;
  }

  private hasNews(): boolean {
    return this.filling.length > 0 || this.isEnded || this.isStirred;
  }

  /**
   * The text that has come, good until the next call: none when a message made none. The status when the stream has
   * ended. Throws what `write` threw.
   */
  async next(): Promise<Uint8Array | RelayStatus> {
    await this.something();
    const { filling } = this;
    if (filling.length === 0 && this.isEnded) {
      if (this.failure !== null) throw this.failure;
      return this.status;
    }
    this.isStirred = false;
    this.taken.clear();
    this.filling = this.taken;
    this.taken = filling;
    if (this.isPaused) {
      this.isPaused = false;
      this.call.resume();
    }
    return filling.bytes.subarray(0, filling.length);
  }
}
