#!/usr/bin/env node
import { createProcessIo } from "./process-io.ts";
import { runProgram } from "./program.ts";

// process.exitCode, never process.exit: what was written to standard output must leave first.
process.exitCode = await runProgram(process.argv.slice(2), createProcessIo());
