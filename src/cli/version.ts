import manifest from "../../package.json" with { type: "json" };

/** ringfence's own version. */
export const VERSION: string = manifest.version;
