const same = (bytes: Buffer) => bytes;

/** A method of a gRPC service whose messages stay bytes: `src/hubble/wire` reads and writes them. One request a call. */
export function bufferMethod(path: string, responseStream: boolean) {
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}
