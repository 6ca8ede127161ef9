/** The same bytes where numbers of this width can be looked at as they lie: a copy where they stand across. (What `slice` gives of a Buffer is none.) */
export const alignedBytes = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
